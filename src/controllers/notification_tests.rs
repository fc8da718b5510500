use super::context::{Ctx, Next};
use super::fake_api::FakeApi;
use super::notification::reconcile;
use crate::api::NotificationRequest;
use crate::channels::{Channel, Channels, Notice, Undelivered};
use crate::rules::routes::Tree;
use crate::settings::Settings;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PATH: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/payment/notificationrequests/n";

/// A channel that answers from a list, then keeps its last answer.
#[derive(Clone)]
struct Scripted(&'static str, Arc<Mutex<Vec<Result<(), Undelivered>>>>, Arc<Mutex<usize>>);

impl Scripted {
    fn new(name: &'static str, answers: &[Result<(), Undelivered>]) -> Self {
        Self(name, Arc::new(Mutex::new(answers.iter().rev().cloned().collect())), Arc::default())
    }

    fn sent(&self) -> usize {
        *self.2.lock().unwrap()
    }
}

impl Channel for Scripted {
    fn name(&self) -> &'static str {
        self.0
    }

    fn send<'a>(&'a self, _: &'a Notice) -> BoxFuture<'a, Result<(), Undelivered>> {
        *self.2.lock().unwrap() += 1;
        let mut answers = self.1.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() };
        Box::pin(async move { answer })
    }
}

fn channels(all: &[&Scripted]) -> Channels {
    Channels::of(all.iter().map(|channel| Box::new((*channel).clone()) as Box<dyn Channel>).collect())
}

/// A new notice, just made.
fn cluster(ctx_channels: &[&str]) -> (FakeApi, Ctx) {
    let spec =
        json!({ "type": "escalation", "priority": "critical", "subject": "s", "body": "b", "dedupKey": "k", "channels": ctx_channels });
    let created = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap();
    let metadata = json!({ "namespace": "payment", "uid": "u", "creationTimestamp": created });
    let object = json!({ "apiVersion": "kubernaut.ai/v1alpha1", "kind": "NotificationRequest", "metadata": metadata, "spec": spec });
    let api = FakeApi::default().with(PATH, object);
    let ctx = api.context(Settings::default());
    (api, ctx)
}

fn cached(api: &FakeApi) -> Arc<NotificationRequest> {
    Arc::new(serde_json::from_value(api.object(PATH).unwrap()).unwrap())
}

fn states(api: &FakeApi) -> (Value, Vec<Value>) {
    let status = api.object(PATH).unwrap()["status"].clone();
    let deliveries = status["deliveries"].as_array().cloned().unwrap_or_default();
    (status["phase"].clone(), deliveries.iter().map(|delivery| delivery["state"].clone()).collect())
}

#[tokio::test]
async fn all_receivers_get_the_notice_once() {
    let (api, ctx) = cluster(&[]);
    let (console, slack) = (Scripted::new("console", &[Ok(())]), Scripted::new("slack", &[Ok(())]));
    let stale = cached(&api);
    for _ in 0..3 {
        assert_eq!(reconcile(stale.clone(), ctx.clone(), &channels(&[&console, &slack])).await.unwrap(), Next::Change);
    }
    assert_eq!(states(&api), (json!("Sent"), vec![json!("Delivered"), json!("Delivered")]));
    assert_eq!((console.sent(), slack.sent(), api.calls("PATCH")), (1, 1, 1), "a stale cache sends and writes nothing again");
}

/// Slack hears of what is critical, the console of the rest.
const BY_SEVERITY: &str = "
route:
  receiver: log
  routes: [{match: {kubernaut.ai/severity: critical}, receiver: pager}]
receivers: [{name: log, channels: [console]}, {name: pager, channels: [slack]}]";

fn routed(all: &[&Scripted], tree: &str) -> Channels {
    channels(all).routed(Tree::parse(tree).unwrap()).unwrap()
}

fn receivers(api: &FakeApi) -> Vec<String> {
    let status = api.object(PATH).unwrap()["status"].clone();
    let of = |delivery: &Value| format!("{}/{}", delivery["receiver"].as_str().unwrap(), delivery["channel"].as_str().unwrap());
    status["deliveries"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test]
async fn the_routing_tree_decides_by_labels_unless_channels_are_named() {
    #[rustfmt::skip]
    let table: [(&str, &[&str], &str, (usize, usize), &[&str]); 4] = [
        ("critical",             &[],          "critical", (0, 1), &["pager/slack"]),
        ("anything else",        &[],          "low",      (1, 0), &["log/console"]),
        ("no labels",            &[],          "",         (1, 0), &["log/console"]),
        ("named channels",       &["console"], "critical", (1, 0), &["console/console"]),
    ];
    for (case, named, severity, sent, expected) in table {
        let (api, ctx) = cluster(named);
        let mut notice = NotificationRequest::clone(&cached(&api));
        notice.metadata.labels = Some([("kubernaut.ai/severity".to_owned(), severity.to_owned())].into());
        let api = api.with(PATH, serde_json::to_value(&notice).unwrap());
        let (console, slack) = (Scripted::new("console", &[Ok(())]), Scripted::new("slack", &[Ok(())]));
        reconcile(cached(&api), ctx, &routed(&[&console, &slack], BY_SEVERITY)).await.unwrap();
        assert_eq!(((console.sent(), slack.sent()), receivers(&api)), (sent, expected.iter().map(|s| (*s).to_owned()).collect()), "{case}");
        assert_eq!(states(&api).0, "Sent", "{case}");
    }
}

#[tokio::test]
async fn a_tree_that_changes_at_a_restart_resends_nothing() {
    let (api, ctx) = cluster(&[]);
    let console = Scripted::new("console", &[Ok(())]);
    let slack = Scripted::new("slack", &[Err(Undelivered::later("Slack answered 500: ")), Ok(())]);
    reconcile(cached(&api), ctx.clone(), &channels(&[&console, &slack])).await.unwrap();
    assert_eq!((console.sent(), slack.sent(), states(&api).0), (1, 1, json!("Sending")));
    ctx.clock.advance(jiff::SignedDuration::from_secs(31));
    reconcile(cached(&api), ctx, &routed(&[&console, &slack], BY_SEVERITY)).await.unwrap();
    assert_eq!((console.sent(), slack.sent(), states(&api).0), (1, 2, json!("Sent")), "the console has it, only Slack is tried again");
}

#[tokio::test]
async fn a_notice_that_nobody_has_follows_the_tree_of_today() {
    let (api, ctx) = cluster(&[]);
    let console = Scripted::new("console", &[Ok(())]);
    let slack = Scripted::new("slack", &[Err(Undelivered::later("Slack answered 500: "))]);
    let wrong = "route: {receiver: ops}\nreceivers: [{name: ops, channels: [slack]}]";
    reconcile(cached(&api), ctx.clone(), &routed(&[&console, &slack], wrong)).await.unwrap();
    assert_eq!(receivers(&api), ["ops/slack"]);
    reconcile(cached(&api), ctx, &routed(&[&console, &slack], BY_SEVERITY)).await.unwrap();
    assert_eq!((receivers(&api), states(&api).0), (vec!["log/console".to_owned()], json!("Sent")));
    assert_eq!((console.sent(), slack.sent()), (1, 1));
}

#[tokio::test]
async fn one_failing_channel_is_tried_again_alone() {
    let (api, ctx) = cluster(&[]);
    let (console, slack) =
        (Scripted::new("console", &[Ok(())]), Scripted::new("slack", &[Err(Undelivered::later("Slack answered 500: ")), Ok(())]));
    let all = channels(&[&console, &slack]);
    let Next::After(wait) = reconcile(cached(&api), ctx.clone(), &all).await.unwrap() else { panic!("it waits") };
    assert_eq!(states(&api), (json!("Sending"), vec![json!("Delivered"), json!("Pending")]));
    assert!(wait >= Duration::from_secs(14) && wait <= Duration::from_secs(30), "{wait:?}");
    reconcile(cached(&api), ctx.clone(), &all).await.unwrap();
    assert_eq!((slack.sent(), api.calls("PATCH")), (1, 1), "too early, nothing is sent or written");
    ctx.clock.advance(jiff::SignedDuration::from_secs(31));
    assert_eq!(reconcile(cached(&api), ctx, &all).await.unwrap(), Next::Change);
    assert_eq!(states(&api), (json!("Sent"), vec![json!("Delivered"), json!("Delivered")]));
    assert_eq!((console.sent(), slack.sent()), (1, 2));
}

#[tokio::test]
async fn refusals_and_unknown_channels_are_final_and_say_why() {
    let (api, ctx) = cluster(&["console", "pigeon"]);
    let console = Scripted::new("console", &[Ok(())]);
    assert_eq!(reconcile(cached(&api), ctx, &channels(&[&console])).await.unwrap(), Next::Change);
    assert_eq!(states(&api), (json!("PartiallySent"), vec![json!("Delivered"), json!("Failed")]));
    let said = api.object(PATH).unwrap()["status"]["deliveries"][1]["lastError"].clone();
    assert_eq!(said, "there is no channel \"pigeon\"; there are console and slack");
}

#[tokio::test]
async fn after_a_day_nothing_more_is_tried() {
    let (api, ctx) = cluster(&[]);
    let slack = Scripted::new("slack", &[Err(Undelivered::later("Slack did not answer in time"))]);
    reconcile(cached(&api), ctx.clone(), &channels(&[&slack])).await.unwrap();
    ctx.clock.advance(jiff::SignedDuration::from_hours(25));
    assert_eq!(reconcile(cached(&api), ctx, &channels(&[&slack])).await.unwrap(), Next::Change);
    assert_eq!((states(&api), slack.sent()), ((json!("Failed"), vec![json!("Failed")]), 1));
}

#[tokio::test]
async fn what_was_sent_is_written_down_though_others_wrote_first() {
    let (api, ctx) = cluster(&[]);
    let api = api.failing("PATCH", 409, 2);
    let console = Scripted::new("console", &[Ok(())]);
    assert_eq!(reconcile(cached(&api), ctx, &channels(&[&console])).await.unwrap(), Next::Change);
    assert_eq!((states(&api).0, console.sent()), (json!("Sent"), 1));
}

#[tokio::test]
async fn a_notice_that_is_gone_is_forgotten() {
    let (api, ctx) = cluster(&[]);
    let gone = FakeApi::default().context(Settings::default());
    let console = Scripted::new("console", &[Ok(())]);
    assert_eq!(reconcile(cached(&api), gone, &channels(&[&console])).await.unwrap(), Next::Change);
    let refusing = FakeApi::default().failing("GET", 500, 9).context(Settings::default());
    assert!(reconcile(cached(&api), refusing, &channels(&[&console])).await.is_err());
    assert_eq!((console.sent(), drop(ctx)), (0, ()));
}

#[tokio::test]
async fn the_webhooks_address_never_reaches_an_object() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/services/T0CANARY/B0CANARY/XCANARY", listener.local_addr().unwrap());
    let echo = axum::routing::post(async |uri: http::Uri| (http::StatusCode::NOT_FOUND, format!("nothing at {uri}")));
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/{*any}", echo)).await });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), address).unwrap();
    let slack = crate::settings::Slack { webhook_url_file: file.path().to_owned() };
    let channels = Channels::configured(&crate::settings::Notifications { slack: Some(slack), routing: None }, None).unwrap();
    let (api, ctx) = cluster(&["slack"]);
    assert_eq!(reconcile(cached(&api), ctx, &channels).await.unwrap(), Next::Change);
    let object = api.object(PATH).unwrap();
    assert_eq!(object["status"]["deliveries"][0]["lastError"], "Slack answered 404: nothing at /<address>");
    assert!(!object.to_string().contains("CANARY"), "{object}");
}
