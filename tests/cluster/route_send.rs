//! `route test --send` with controllers that deliver, and by somebody without the right.

use crate::controllers::Controllers;
use crate::stage::program;
use crate::support::{a_cluster_more, faults, namespace_in};

#[tokio::test]
async fn a_test_message_arrives_marked_as_one_and_only_whoever_may_sends_it() {
    let _turn = a_cluster_more().await;
    let sandbox = faults().await;
    let namespace = namespace_in(sandbox, "send").await;
    let controllers = Controllers::start(&sandbox.kubeconfig_path(), "", &["--leader-elect=false"]).await;
    let run = async |person: &str| {
        let words = ["-n", &namespace, "route", "test", "kubernaut.ai/severity=critical", "--send", "--yes"];
        let output = program(sandbox, person, &words).await;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = run("alice").await;
    assert!(code == 1 && err.contains("operate on remediationrequests"), "{out}{err}");
    let (code, out, err) = run("admin").await;
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.starts_with("console\nnotificationrequest.kubernaut.ai/test-") && err.contains("delivered to console"), "{out}{err}");
    let log = controllers.log();
    assert!(log.contains("┌─ [test] ") && log.contains("│ This is a test. Nothing is wrong") && log.contains("[Critical]"), "{log}");
    assert_eq!(log.matches("┌─ [test] ").count(), 1, "what was refused was not sent");
}
