//! Makes the certificates and keys of one cluster.

use super::error::{Error, file};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where the certificates and keys lie.
#[derive(Clone, Debug)]
pub(super) struct Certificates {
    /// The authority, as PEM text, for kubeconfigs.
    pub authority: String,
    pub authority_file: PathBuf,
    pub serving: PathBuf,
    pub serving_key: PathBuf,
    /// Signs service account tokens.
    pub tokens_key: PathBuf,
    /// Checks them: the API server does not read the public half out of a PKCS#8 elliptic-curve key.
    pub tokens_public_key: PathBuf,
}

impl Certificates {
    /// Makes new ones in `folder`; they live as long as the cluster, so they never expire.
    pub fn write(folder: &Path) -> Result<Self, Error> {
        let issuer = Issuer::new(authority(), KeyPair::generate()?);
        let authority = authority().self_signed(issuer.key())?.pem();
        let key = KeyPair::generate()?;
        let serving = serving()?.signed_by(&key, &issuer)?.pem();
        let tokens = KeyPair::generate()?;
        Ok(Self {
            authority_file: write(folder, "ca.crt", &authority)?,
            serving: write(folder, "serving.crt", &serving)?,
            serving_key: write(folder, "serving.key", &key.serialize_pem())?,
            tokens_key: write(folder, "sa.key", &tokens.serialize_pem())?,
            tokens_public_key: write(folder, "sa.pub", &tokens.public_key_pem())?,
            authority,
        })
    }
}

fn authority() -> CertificateParams {
    let mut params = named("kubernaut-sandbox-ca", CertificateParams::default());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn serving() -> Result<CertificateParams, rcgen::Error> {
    let names = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
    let mut params = named("kube-apiserver", CertificateParams::new(names.map(str::to_owned))?);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn named(name: &str, mut params: CertificateParams) -> CertificateParams {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Writes a file only its owner can read.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    open.and_then(|mut file| file.write_all(text.as_bytes())).map_err(file("write", &path))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_are_readable_by_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let made = Certificates::write(folder.path()).unwrap();
        let key = std::fs::metadata(&made.tokens_key).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
        assert!(made.authority.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(std::fs::read_to_string(made.tokens_public_key).unwrap().starts_with("-----BEGIN PUBLIC KEY-----"));
    }
}
