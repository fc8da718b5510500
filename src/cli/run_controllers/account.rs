//! Becomes the controllers' account, by a short-lived token that is renewed.

use crate::api::SYSTEM_NAMESPACE;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure, Reason};
use crate::cli::paste;
use crate::manifests::ACCOUNT;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, PostParams};
use kube::config::AuthInfo;
use kube::{Client, Config};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a token lasts; renewed at half of it.
const LASTS_SECONDS: i64 = 3_600;
const RENEWED_AFTER: Duration = Duration::from_secs(1_800);
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// A connection as the controllers' account.
///
/// # Errors
/// When the caller may not make tokens of that account, or it does not exist.
pub async fn controllers(caller: &Connected) -> anyhow::Result<Connected> {
    let path = token_file();
    write_token(&caller.client, &path).await?;
    let mut config: Config = caller.config.clone();
    config.auth_info = AuthInfo { token_file: Some(path.display().to_string()), ..AuthInfo::default() };
    let client = Client::try_from(config.clone()).map_err(|error| Failure::from_kube(&error, "connect as the controllers' account"))?;
    tokio::spawn(renew(caller.client.clone(), path));
    Ok(Connected { client, config, ..caller.clone() })
}

/// Leaves no token behind.
pub fn forget() {
    drop(std::fs::remove_file(token_file()));
}

/// The client reads the token again from there when it was renewed.
fn token_file() -> PathBuf {
    std::env::temp_dir().join(format!("kubernaut-controllers-{}.token", std::process::id()))
}

async fn renew(client: Client, path: PathBuf) {
    let mut pause = RENEWED_AFTER;
    loop {
        tokio::time::sleep(pause).await;
        pause = match write_token(&client, &path).await {
            Ok(()) => RENEWED_AFTER,
            Err(error) => {
                tracing::warn!(%error, "the token could not be renewed, trying again");
                TRIED_AGAIN_AFTER
            }
        };
    }
}

async fn write_token(client: &Client, path: &Path) -> anyhow::Result<()> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), SYSTEM_NAMESPACE);
    let spec = TokenRequestSpec { expiration_seconds: Some(LASTS_SECONDS), ..TokenRequestSpec::default() };
    let request = TokenRequest { spec, ..TokenRequest::default() };
    let made = accounts.create_token_request(ACCOUNT, &PostParams::default(), &request).await;
    let made = match made {
        Err(kube::Error::Api(status)) if status.is_not_found() => {
            let missing = format!("the account {SYSTEM_NAMESPACE}/{ACCOUNT} does not exist");
            return Err(Failure::new(Reason::NotFound, missing).hint(format!("make it with  {}", paste::ours("install"))).into());
        }
        made => made.attempted(|| format!("make a token for {SYSTEM_NAMESPACE}/{ACCOUNT}"))?,
    };
    let token = made.status.map(|status| status.token).unwrap_or_default();
    write_private(path, &token)?;
    Ok(())
}

/// Readable by its owner alone, and never half written.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    drop(std::fs::remove_file(&fresh));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    std::fs::rename(fresh, path)
}
