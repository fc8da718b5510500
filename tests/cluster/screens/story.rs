//! A night with a payment service and a shop, screen by screen.

use super::Album;
use super::terminal::INTERRUPT;
use super::world::{self, World, asks, fails_before_start, raised, settings};
use crate::controllers::Controllers;
use crate::support::eventually;
use kubernaut::api::names;
use serde_json::json;

const PLAN: &str = "Approve this plan? [y/N/d=show yaml]";

/// An admin installs, and repairs what somebody changed.
pub async fn installed(album: &Album) {
    album.shows("install-dry-run", "install --dry-run=server --context admin").await;
    assert_eq!(album.terminal.types("kubectl kubernaut install --context admin").await.code, 0);
    let weak = r#"[{"op": "replace", "path": "/spec/failurePolicy", "value": "Ignore"}]"#;
    album.kube(&["patch", "validatingadmissionpolicy", "kubernaut-requests", "--type=json", "-p", weak]).await;
    let drifted = [("install-diff", "install --diff --context admin".to_owned()), ("check-drift", "check --context admin".to_owned())];
    album.shows_all(&drifted).await;
    assert_eq!(album.terminal.types("kubectl kubernaut install --force-conflicts --context admin").await.code, 0);
    album.shows("version", "version").await;
    album.answers("run-controllers", "run-controllers --context admin", &[("READY ", ""), ("\n", INTERRUPT)]).await;
}

/// Remediations as the night brings them.
#[derive(Default)]
struct Night {
    /// Of the shop's cart, which may not be touched for a while.
    backing_off: String,
    /// Nobody decided in time.
    expired: String,
    /// Ran and failed, and the one that it stands in the way of.
    failed: String,
    skipped: String,
    /// Wait for a decision.
    asks: String,
    doubtful: String,
    others: [String; 2],
}

/// Everything that happens once the controllers work.
pub async fn told(album: &Album, world: &World) {
    let (mut night, controllers) = begins(album, world).await;
    night.comes_to_people(world, &controllers).await;
    night.is_looked_at(album).await;
    night.is_decided(album, world, &controllers).await;
    night.is_over(album, world).await;
    album.shows("check", "check --context admin").await;
    controllers.terminate().await;
    album.shows("uninstall", "uninstall --context admin").await;
}

/// What takes minutes takes seconds here; then the usual settings hold.
async fn begins(album: &Album, world: &World) -> (Night, Controllers) {
    let (payment, shop, kubeconfig) = (&world.payment, &world.shop, album.sandbox.kubeconfig_path());
    let quick = settings(&album.terminal, "gate: {baseCooldown: 1s, maxCooldown: 1s}\napproval: {timeout: 5s}");
    let controllers = Controllers::start(&kubeconfig, &quick, &[]).await;
    let gateway = controllers.gateway();
    let expires = async {
        let expired = asks(payment, gateway, "receipts", "ContainerOOMKilled", 1).await;
        payment.over(&expired).await;
        expired
    };
    let cart = fails_before_start(shop, gateway, "cart", 0..2);
    let (_, _, expired) = tokio::join!(cart, fails_before_start(shop, gateway, "checkout", 0..6), expires);
    controllers.terminate().await;
    let controllers = Controllers::start(&kubeconfig, &settings(&album.terminal, ""), &[]).await;
    let backing_off = fails_before_start(shop, controllers.gateway(), "cart", 2..3).await;
    (Night { backing_off, expired, ..Night::default() }, controllers)
}

impl Night {
    async fn comes_to_people(&mut self, World { payment, .. }: &World, controllers: &Controllers) {
        let gateway = controllers.gateway();
        self.failed = raised(payment, gateway, "ledger", "MemoryPressure", 10).await;
        payment.over(&self.failed).await;
        self.skipped = raised(payment, gateway, "ledger", "MemoryPressure", 20).await;
        payment.over(&self.skipped).await;
        self.asks = asks(payment, gateway, "payment-api", "ContainerOOMKilled", 30).await;
        // In the order of their names: two may have the same second for a deadline.
        let [first, second] = ["invoices", "refunds"].map(|deployment| asks(payment, gateway, deployment, "RolloutStuck", 31));
        self.others = [first.await, second.await];
        self.doubtful = asks(payment, gateway, "worker", "RolloutStuck", 31).await;
        for name in [&self.failed, &self.skipped, &self.asks, &self.doubtful, &self.others[0], &self.others[1], &self.expired] {
            eventually("everybody is told", async || world::is_told(payment, name).await).await;
        }
    }

    async fn is_looked_at(&self, album: &Album) {
        let (asks, approval) = (&self.asks, approval(&self.asks));
        album.kube(&["-n", "payment", "create", "rolebinding", "nina", "--clusterrole=kubernaut-approver", "--user=nina"]).await;
        let lines = [
            ("get-approvals", "get approvals".to_owned()),
            ("get-approvals-wide", "get approvals -o wide".to_owned()),
            ("get-approvals-pending", "get approvals --pending".to_owned()),
            ("get-targets", "get targets -A".to_owned()),
            ("get-executions", "get executions".to_owned()),
            ("get-remediations", "get remediations".to_owned()),
            ("get-notifications", "get notifications".to_owned()),
            ("get-analyses", "get analyses".to_owned()),
            ("get-blocks", "get blocks -A".to_owned()),
            ("status", "status".to_owned()),
            ("status-waiting", format!("status rr/{asks}")),
            ("status-blocked", format!("status rr/{}", self.failed)),
            ("why-blocked", format!("why wfe/{}", names::workflow(&self.skipped))),
            ("why-backoff", format!("why rr/{} -n shop", self.backing_off)),
            ("why-approval", format!("why aar/{approval}")),
            ("error-near-names", format!("why rr/{}", &asks[..asks.len() - 2])),
            ("one-namespace-get", "get approvals --pending --context admin --as nina -n payment".to_owned()),
            ("without-rights-get", "get approvals --context admin --as nemo -n payment".to_owned()),
            ("without-rights", format!("approve {approval} --yes --context bob -n payment")),
        ];
        album.shows_all(&lines).await;
    }

    async fn is_decided(&self, album: &Album, World { payment, .. }: &World, controllers: &Controllers) {
        let (approved, rejected, expired) = (approval(&self.asks), approval(&self.doubtful), approval(&self.expired));
        let first = approval(&self.others[0]);
        album.answers("approve", &format!("approve {approved}"), &[(PLAN, "y\n")]).await;
        album.shows("reject", &format!("reject {rejected} -m \"not during the sale\"")).await;
        album.answers("approve-several", "approve --all", &[("Type 2 to approve 2 requests", "2\n")]).await;
        let refused = [
            ("approve-unchanged", format!("approve {first}")),
            ("approve-rejected", format!("approve {rejected}")),
            ("approve-expired", format!("approve {expired}")),
            ("error-json", format!("approve {expired} --yes -o json")),
        ];
        album.shows_all(&refused).await;
        let last = asks(payment, controllers.gateway(), "receipts", "RolloutStuck", 35).await;
        let as_nina = format!("approve {} --yes --context admin --as nina -n payment", approval(&last));
        album.shows("one-namespace-approve", &as_nina).await;
        for name in [&self.asks, &self.others[0], &self.others[1], &self.doubtful, &last] {
            payment.over(name).await;
        }
    }

    async fn is_over(&self, album: &Album, World { payment, .. }: &World) {
        album.terminal.file("routing.yaml", ROUTING);
        let again = world::alert(payment, "ledger", "MemoryPressure", 40);
        album.terminal.file("alert.json", &json!({"version": "4", "alerts": [again]}).to_string());
        album.terminal.file("settings.yaml", &settings(&album.terminal, ""));
        let told = "kubernaut.ai/skip-reason=PreviousExecutionFailed kubernaut.ai/severity=critical --tree --config routing.yaml";
        let lines = [
            ("status-finished", format!("status rr/{}", self.asks)),
            ("history", format!("history rr/{} --time utc", self.asks)),
            ("simulate", "simulate -f alert.json --config settings.yaml --context admin".to_owned()),
            ("route-show", "route show --config routing.yaml".to_owned()),
            ("route-test", format!("route test {told}")),
        ];
        album.shows_all(&lines).await;
        let words = [
            ("Reason (kept in the record)", "put the limits back by hand, and checked the pods\n"),
            ("Type the target name to confirm (ledger)", "ledger\n"),
        ];
        album.answers("clear-block", &format!("clear-block {}", names::workflow(&self.failed)), &words).await;
        let run = async || payment.run(&self.failed).await.unwrap();
        eventually("the failed run is marked", async || run().await.status.unwrap().block_cleared).await;
    }
}

fn approval(remediation: &str) -> String {
    names::approval(&names::analysis(remediation))
}

const ROUTING: &str = "route:
  receiver: slack-ops
  routes:
    - match: {kubernaut.ai/skip-reason: PreviousExecutionFailed}
      receiver: pagerduty-oncall
      continue: true
    - match_re: {kubernaut.ai/severity: critical|high}
      receiver: slack-ops
    - match: {kubernaut.ai/skip-reason: ExhaustedRetries}
      receiver: slack-ops
receivers:
  - {name: slack-ops, channels: [slack]}
  - {name: pagerduty-oncall, channels: [console]}
";
