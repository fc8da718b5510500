//! What a release is made of.

use serde_json::Value;
use std::process::Command;

/// The rules that krew checks a manifest by: names, a version, and for each platform an archive with its sum and the files in it.
#[test]
fn the_krew_manifest_is_what_krew_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let archives = ["amd64", "arm64"].map(|arch| {
        let file = folder.path().join(format!("kubectl-kubernaut_1.2.3_linux_{arch}.tar.gz"));
        std::fs::write(&file, "").expect("written");
        file
    });
    let mut script = Command::new("packaging/krew-manifest.sh");
    let printed = script.args(["1.2.3", "https://example.com/kubernaut/v1.2.3"]).args(&archives).output().expect("it ran");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let manifest: Value = serde_saphyr::from_slice(&printed.stdout).expect("YAML");
    assert_eq!(manifest["apiVersion"], "krew.googlecontainertools.github.com/v1alpha2");
    assert_eq!((&manifest["kind"], &manifest["metadata"]["name"]), (&"Plugin".into(), &"kubernaut".into()));
    let spec = &manifest["spec"];
    assert_eq!((&spec["version"], &spec["homepage"]), (&"v1.2.3".into(), &"https://example.com/kubernaut".into()));
    assert!(spec["shortDescription"].as_str().is_some_and(|text| text.len() <= 50), "krew shows 50 characters");
    let platforms = spec["platforms"].as_array().expect("a list");
    assert_eq!(platforms.len(), 2);
    for (platform, arch) in platforms.iter().zip(["amd64", "arm64"]) {
        assert_eq!(platform["selector"]["matchLabels"], serde_json::json!({"os": "linux", "arch": arch}));
        assert_eq!(platform["uri"], format!("https://example.com/kubernaut/v1.2.3/kubectl-kubernaut_1.2.3_linux_{arch}.tar.gz"));
        // Of nothing at all, the sum is known.
        assert_eq!(platform["sha256"], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(platform["bin"], "kubectl-kubernaut");
    }
}
