//! Refuses contradictions in a kubeconfig, as kubectl does.

use super::wrong;
use crate::cli::failure::Failure;
use kube::config::{AuthInfo, Cluster, ExecConfig, ExecInteractiveMode};

/// Refuses a cluster that contradicts itself.
///
/// # Errors
/// When it names two certificate authorities, or one and no checking, or one that cannot be read.
pub fn cluster(cluster: &Cluster) -> Result<(), Failure> {
    let authorities = [&cluster.certificate_authority, &cluster.certificate_authority_data].into_iter().flatten().count();
    if authorities > 1 {
        return Err(wrong("certificate-authority-data and certificate-authority are both specified").hint("keep one of them"));
    }
    if authorities > 0 && cluster.insecure_skip_tls_verify == Some(true) {
        return Err(exclusive());
    }
    readable(cluster.certificate_authority.as_ref(), "certificate-authority")
}

/// A certificate authority is of no use when nothing is checked.
pub fn exclusive() -> Failure {
    wrong("a certificate authority and insecure-skip-tls-verify exclude each other").hint("keep the certificate authority")
}

/// Refuses a user that contradicts themselves.
///
/// # Errors
/// When there are two ways to authenticate, half a certificate, an incomplete plugin, or groups of nobody.
pub fn user(user: &AuthInfo) -> Result<(), Failure> {
    let basic = user.username.is_some() || user.password.is_some();
    if user.token.is_some() && basic {
        return Err(wrong("more than one authentication method found: a token, and a username with a password").hint("keep one of them"));
    }
    certificate(user)?;
    match &user.exec {
        Some(_) if user.auth_provider.is_some() => Err(wrong("a user cannot have an auth-provider and an exec plugin")),
        Some(exec) => plugin(exec),
        None => Ok(()),
    }?;
    impersonation(user)
}

fn certificate(user: &AuthInfo) -> Result<(), Failure> {
    let certificates = [&user.client_certificate, &user.client_certificate_data].into_iter().flatten().count();
    let keys = usize::from(user.client_key.is_some()) + usize::from(user.client_key_data.is_some());
    match (certificates, keys) {
        (0, _) => Ok(()),
        (_, 0) => Err(wrong("client-key or client-key-data must be specified together with a client certificate")),
        (1, 1) => {
            readable(user.client_certificate.as_ref(), "client-certificate")?;
            readable(user.client_key.as_ref(), "client-key")
        }
        _ => Err(wrong("a client certificate or its key is specified twice, as data and as a file").hint("keep one of them")),
    }
}

fn plugin(exec: &ExecConfig) -> Result<(), Failure> {
    let version = exec.api_version.as_deref().unwrap_or_default();
    let known = matches!(version, "client.authentication.k8s.io/v1" | "client.authentication.k8s.io/v1beta1");
    let said = match (&exec.command, &exec.interactive_mode) {
        (None, _) => "command must be specified".to_owned(),
        (Some(_), _) if version.is_empty() => "apiVersion must be specified".to_owned(),
        (Some(_), _) if !known => format!("there is no apiVersion {version:?}; use client.authentication.k8s.io/v1"),
        (Some(_), None) if version.ends_with("/v1") => "interactiveMode must be specified".to_owned(),
        _ => return Ok(()),
    };
    Err(wrong(format!("the exec plugin of this user cannot be used: {said}")))
}

/// Whether the plugin may use the keyboard.
///
/// # Errors
/// When it must, and there is none.
pub fn interactive(exec: &ExecConfig, keyboard: bool) -> Result<bool, Failure> {
    match exec.interactive_mode {
        Some(ExecInteractiveMode::Never) => Ok(false),
        Some(ExecInteractiveMode::Always) if !keyboard => Err(wrong("the exec plugin of this user needs a terminal on standard input")),
        _ => Ok(keyboard),
    }
}

fn impersonation(user: &AuthInfo) -> Result<(), Failure> {
    let groups = user.impersonate_groups.as_ref().is_some_and(|groups| !groups.is_empty());
    let extra = user.impersonate_user_extra.as_ref().is_some_and(|extra| !extra.is_empty());
    let alone = user.impersonate.is_none() && (groups || extra || user.impersonate_uid.is_some());
    match alone {
        true => Err(Failure::usage("requesting uid, groups or user-extra without impersonating a user").hint("name the user with --as")),
        false => Ok(()),
    }
}

fn readable(file: Option<&String>, what: &str) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(()) };
    std::fs::File::open(file).map(drop).map_err(|error| wrong(format!("cannot read {what} {file}: {error}")))
}
