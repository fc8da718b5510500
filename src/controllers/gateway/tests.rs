use super::{Duration, paths, router, serve};
use crate::controllers::context::Ctx;
use crate::controllers::fake_api::{FakeApi, owned_by};
use crate::settings::{Gateway, Settings};
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

const PATH: &str = "/api/v1/signals/prometheus";
const REQUESTS: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/payment/remediationrequests";
const POD_A: &str = "payment-api-5f7d";
const POD_B: &str = "payment-api-9c2a";

fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/alertmanager-webhook-{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Two pods of one deployment in a namespace that is production.
fn cluster() -> FakeApi {
    let (set, deployment) =
        ("/apis/apps/v1/namespaces/payment/replicasets/payment-api", "/apis/apps/v1/namespaces/payment/deployments/payment-api");
    let pod = || owned_by("apps/v1 ReplicaSet payment-api", &format!("uid-{set}"));
    FakeApi::default()
        .with("/api/v1/namespaces/payment", json!({ "metadata": { "labels": { "environment": "production" } } }))
        .with(&format!("/api/v1/namespaces/payment/pods/{POD_A}"), pod())
        .with(&format!("/api/v1/namespaces/payment/pods/{POD_B}"), pod())
        .with(set, owned_by("apps/v1 Deployment payment-api", &format!("uid-{deployment}")))
        .with(deployment, json!({}))
        .with("/api/v1/nodes/n", json!({}))
}

fn ctx(api: &FakeApi) -> Ctx {
    api.context(Settings::default())
}

fn message(token: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(PATH).header("content-type", "application/json");
    let request = token.iter().fold(request, |request, token| request.header("authorization", format!("Bearer {token}")));
    request.body(body.into()).unwrap()
}

async fn answered(api: &FakeApi, request: Request<Body>) -> (u16, Value) {
    let response = router(ctx(api), false).oneshot(request).await.unwrap();
    let (status, again) = (response.status(), response.headers().contains_key("retry-after"));
    assert_eq!(status == StatusCode::SERVICE_UNAVAILABLE, again, "503, and only 503, says when to send again");
    (status.as_u16(), serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap())
}

async fn post(api: &FakeApi, body: &Value) -> (u16, Value) {
    answered(api, message(Some("good"), body.to_string())).await
}

fn results(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|result| result["result"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn firing_alerts_become_requests_on_the_root() {
    let api = cluster();
    let (status, answer) = post(&api, &fixture("firing")).await;
    assert_eq!((status, results(&answer)), (201, vec!["created", "created"]));
    let made = api.objects(REQUESTS);
    assert_eq!(made.len(), 2);
    for request in &made {
        let spec = &request["spec"];
        assert_eq!((&spec["targetResource"], &spec["priority"]), (&json!("payment/deployment/payment-api"), &json!("P0")));
        assert_eq!((&spec["requestedBy"], &spec["environment"]), (&json!("the-gateway"), &json!("production")));
    }
    assert_eq!(answer["results"][0]["namespace"], "payment");
    assert!(answer["results"][0]["name"].as_str().unwrap().starts_with("rr-"));
}

#[tokio::test]
async fn repeats_are_counted_and_make_nothing() {
    let api = cluster();
    post(&api, &fixture("firing")).await;
    let (status, answer) = post(&api, &fixture("firing")).await;
    assert_eq!((status, results(&answer)), (202, vec!["duplicate", "duplicate"]));
    let made = api.objects(REQUESTS);
    assert_eq!((made.len(), &made[0]["status"]["signal"]["occurrences"]), (2, &json!(2)));
    assert!(made[0]["status"]["signal"]["lastSeen"].is_string());
}

#[tokio::test]
async fn a_repeat_after_the_end_is_a_request_of_its_own() {
    let api = cluster();
    post(&api, &fixture("firing")).await;
    let mut ended = api.objects(REQUESTS)[0].clone();
    let name = ended["metadata"]["name"].as_str().unwrap().to_owned();
    ended["status"] = json!({ "phase": "Failed" });
    let api = api.with(&format!("{REQUESTS}/{name}"), ended);
    let (status, mut answer) = post(&api, &fixture("firing")).await;
    let mut names: Vec<Value> = answer["results"].as_array_mut().unwrap().iter_mut().map(|result| result["name"].take()).collect();
    names.retain(|made| *made == format!("{name}-2"));
    assert_eq!((status, names.len(), api.objects(REQUESTS).len()), (201, 1, 3));
}

#[tokio::test]
async fn an_end_is_recorded_beside_what_still_fires() {
    let api = cluster();
    post(&api, &fixture("firing")).await;
    let (status, answer) = post(&api, &fixture("mixed")).await;
    assert_eq!((status, results(&answer)), (202, vec!["resolved", "duplicate"]));
    let ended: Vec<bool> = api.objects(REQUESTS).iter().map(|request| request["status"]["signal"]["resolvedAt"].is_string()).collect();
    assert_eq!(ended.iter().filter(|ended| **ended).count(), 1);
    let (status, answer) = post(&cluster(), &fixture("resolved")).await;
    assert_eq!((status, results(&answer)), (202, vec!["resolved"]), "nothing waits for it");
}

#[tokio::test]
async fn one_odd_alert_does_not_stop_the_others() {
    let mut body = fixture("firing");
    body["alerts"][0]["labels"] = json!({ "alertname": "Odd", "namespace": "payment" });
    let (status, answer) = post(&cluster(), &body).await;
    assert_eq!((status, results(&answer)), (201, vec!["refused", "created"]));
    assert!(answer["results"][0]["message"].as_str().unwrap().contains("the alert Odd names no object"));
    let (status, answer) = post(&cluster(), &fixture("from-prometheus")).await;
    assert_eq!((status, results(&answer)), (400, vec!["refused"]));
}

#[tokio::test]
async fn a_node_is_remediated_from_the_system_namespace() {
    let alert = json!({ "status": "firing", "startsAt": "2026-11-22T17:28:04Z", "labels": { "alertname": "Down", "node": "n" } });
    let api = cluster();
    let (status, answer) = post(&api, &json!({ "alerts": [alert] })).await;
    assert_eq!((status, &answer["results"][0]["namespace"]), (201, &json!("kubernaut-system")));
    let made = api.objects("/apis/kubernaut.ai/v1alpha1/namespaces/kubernaut-system/remediationrequests");
    assert_eq!((&made[0]["spec"]["targetResource"], &made[0]["spec"]["environment"]), (&json!("node/n"), &json!("unknown")));
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_with_where() {
    let big = format!("{{\"alerts\":[{{\"status\":\"{}\"}}]}}", "x".repeat(1 << 20));
    #[rustfmt::skip]
    let table: [(&str, &str, u16, &[&str]); 6] = [
        ("no JSON",             "{\n  \"alerts\": [,]}",                              400, &["line 2 column 14"]),
        ("nothing",             "",                                                   400, &["line 1 column 0"]),
        ("no alerts",           "{}",                                                 400, &["missing field `alerts`", "line 1 column 2"]),
        ("a number as a label", "{\"alerts\":[{\"labels\":{\"alertname\":5}}]}",      400, &["alerts[0].labels.alertname", "expected a string", "line 1 column"]),
        ("a list as an alert",  "{\"alerts\":[{}, 5]}",                               400, &["alerts[1]", "line 1 column"]),
        ("over 1 MiB",          &big,                                                 413, &["1 MiB"]),
    ];
    for (case, body, expected, said) in table {
        let (status, answer) = answered(&cluster(), message(Some("good"), body.to_owned())).await;
        let message = answer["message"].as_str().unwrap();
        assert!(status == expected && said.iter().all(|said| message.contains(said)), "{case}: {status} {message}");
    }
}

#[tokio::test]
async fn what_cannot_be_stored_now_is_to_be_sent_again() {
    let put = format!("POST {REQUESTS}");
    #[rustfmt::skip]
    let table = [
        ("the API server is away",     "GET /apis/kubernaut.ai",                  503),
        ("listing is forbidden",       "GET /apis/kubernaut.ai",                  403),
        ("an owner may not be read",   "GET /apis/apps",                          403),
        ("an owner cannot be read",    "GET /apis/apps",                          500),
        ("the namespace is unknown",   "GET /api/v1/namespaces/payment",          429),
        ("creating fails",             put.as_str(),                              500),
        ("somebody is always first",   put.as_str(),                              409),
        ("tokens cannot be checked",   "POST /apis/authentication.k8s.io",        500),
        ("rights cannot be checked",   "POST /apis/authorization.k8s.io",         403),
    ];
    for (case, call, code) in table {
        let api = cluster().failing(call, code, usize::MAX);
        assert_eq!(post(&api, &fixture("firing")).await.0, 503, "{case}");
        assert!(api.objects(REQUESTS).is_empty(), "{case}");
    }
    let one_fails = cluster().failing(&put, 500, 1);
    let (status, answer) = post(&one_fails, &fixture("firing")).await;
    assert_eq!((status, api_count(&one_fails), results(&answer).contains(&"created")), (503, 1, true), "the other is stored");
}

fn api_count(api: &FakeApi) -> usize {
    api.objects(REQUESTS).len()
}

#[tokio::test]
async fn a_lost_race_is_looked_at_again() {
    let api = cluster();
    post(&api, &fixture("firing")).await;
    let api = api.failing(&format!("PATCH {REQUESTS}"), 409, 2);
    assert_eq!(post(&api, &fixture("firing")).await.0, 202);
    let occurrences: Vec<_> = api.objects(REQUESTS).iter().map(|request| request["status"]["signal"]["occurrences"].clone()).collect();
    assert_eq!(occurrences, vec![json!(2), json!(2)]);
}

#[tokio::test]
async fn only_known_senders_with_the_right_are_heard() {
    #[rustfmt::skip]
    let table = [
        ("no token",             cluster(),                    None,         401, 0),
        ("a false token",        cluster(),                    Some("bad"),  401, 0),
        ("not in this namespace", cluster().denying("payment"), Some("good"), 403, 0),
        ("in another namespace", cluster().denying("other"),   Some("good"), 201, 2),
    ];
    for (case, api, token, expected, made) in table {
        let (status, _) = answered(&api, message(token, fixture("firing").to_string())).await;
        assert_eq!((status, api.objects(REQUESTS).len()), (expected, made), "{case}");
    }
}

#[tokio::test]
async fn the_api_server_is_not_asked_twice_in_a_moment() {
    let api = cluster();
    let ctx = ctx(&api);
    let app = router(ctx.clone(), false);
    for _ in 0..3 {
        app.clone().oneshot(message(Some("good"), fixture("firing").to_string())).await.unwrap();
    }
    assert_eq!(
        (api.calls("POST /apis/authentication"), api.calls("POST /apis/authorization")),
        (1, 2),
        "two alerts at once ask once each at most"
    );
    ctx.clock.advance(jiff::SignedDuration::from_secs(11));
    app.oneshot(message(Some("good"), fixture("firing").to_string())).await.unwrap();
    assert_eq!(api.calls("POST /apis/authentication"), 2);
}

#[tokio::test]
async fn without_tokens_only_this_machine_is_heard_and_no_web_page() {
    let open = |request| router(ctx(&cluster()), true).oneshot(request);
    assert_eq!(open(message(None, fixture("firing").to_string())).await.unwrap().status(), 201);
    let mut page = message(None, fixture("firing").to_string());
    page.headers_mut().insert("origin", "https://example.com".parse().unwrap());
    assert_eq!(open(page).await.unwrap().status(), 403);
    let settings = Settings { gateway: Gateway { allow_unauthenticated: true }, ..Settings::default() };
    let everywhere = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = serve(cluster().context(settings), everywhere, async {}).await.unwrap_err();
    assert!(refused.to_string().contains("gateway.allowUnauthenticated"), "{refused}");
}

#[tokio::test]
async fn it_serves_until_it_is_stopped() {
    let settings = Settings { gateway: Gateway { allow_unauthenticated: true }, ..Settings::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    assert!(serve(cluster().context(settings), listener, async {}).await.is_ok());
}

#[tokio::test]
async fn too_much_and_too_slow_are_to_be_sent_again() {
    let crowded = paths(ctx(&cluster()), false, Duration::from_secs(10), 0);
    assert_eq!(crowded.oneshot(message(Some("good"), "{}")).await.unwrap().status(), 503);
    let slow = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let hasty = paths(ctx(&cluster()), false, Duration::from_millis(50), 1);
    let response = hasty.oneshot(message(Some("good"), slow)).await.unwrap();
    assert_eq!((response.status(), response.headers()["retry-after"].to_str().unwrap()), (StatusCode::SERVICE_UNAVAILABLE, "5"));
}
