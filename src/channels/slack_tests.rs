use super::slack::{Slack, message};
use super::{Channel, Notice, Undelivered};
use crate::api::NotificationPriority;
use axum::{Router, http::StatusCode, response::IntoResponse, routing::post};
use serde_json::Value;
use std::time::Duration;

const CANARY: &str = "services/T0CANARY/B0CANARY/XsecretCANARYx";

fn notice() -> Notice {
    Notice {
        id: "payment/rr-1-notification-failed".into(),
        subject: "Remediation failed: <rr-1> & more".into(),
        body: "first line\nsecond <!channel> line".into(),
        priority: NotificationPriority::Critical,
        dedup_key: "k".into(),
        links: vec![],
    }
}

/// Posts to a server on this machine that answers so.
async fn posted<R: IntoResponse + Clone + Send + Sync + 'static>(answer: R) -> Result<(), Undelivered> {
    answered_by(post(move || async move { answer })).await
}

async fn answered_by(answers: axum::routing::MethodRouter) -> Result<(), Undelivered> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/{CANARY}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/{*any}", answers)).await });
    sent_to(&address).await
}

async fn sent_to(address: &str) -> Result<(), Undelivered> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{address}\n")).unwrap();
    let slack = Slack::new(file.path().to_owned()).unwrap().with_timeout(Duration::from_millis(500)).unwrap();
    let answer = slack.send(&notice()).await;
    let told = format!("{answer:?} {slack:?}");
    assert!(!told.contains("CANARY"), "the address is told: {told}");
    answer
}

fn later(why: &str) -> Result<(), Undelivered> {
    Err(Undelivered::later(why))
}

#[tokio::test]
async fn answers_say_whether_to_try_again() {
    let echo = (StatusCode::NOT_FOUND, format!("no_service at /{CANARY}, {}", &CANARY[9..17]));
    let slow_down = (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")], "slow down");
    let moved = (StatusCode::FOUND, [("location", "http://127.0.0.1:1/")], "");
    assert_eq!(posted("ok").await, Ok(()));
    assert_eq!(
        posted(slow_down).await,
        Err(Undelivered { retry_after: Some(Duration::from_secs(30)), ..Undelivered::later("Slack answered 429: slow down") })
    );
    assert_eq!(posted((StatusCode::INTERNAL_SERVER_ERROR, "rollup_error")).await, later("Slack answered 500: rollup_error"));
    assert_eq!(posted((StatusCode::REQUEST_TIMEOUT, "")).await, later("Slack answered 408: "));
    assert_eq!(posted(echo).await, Err(Undelivered::never("Slack answered 404: no_service at /<address>, <address>")));
    assert_eq!(posted("welcome to the hotel").await, Err(Undelivered::never("Slack answered 200: welcome to the hotel")));
    assert_eq!(posted(moved).await, Err(Undelivered::never("Slack answered 302: ")), "redirects are not followed");
}

#[tokio::test]
async fn silence_and_absence_are_tried_again_and_told_without_the_address() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    assert_eq!(sent_to(&format!("http://127.0.0.1:{port}/{CANARY}")).await, later("Slack did not answer in time"));
    let stuck = || axum::body::Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    assert_eq!(answered_by(post(async move || stuck())).await, later("Slack's answer broke off"));
    let absent = later("Slack cannot be reached; check the name and the way out of the cluster");
    assert_eq!(sent_to(&format!("http://127.0.0.1:1/{CANARY}")).await, absent);
    for unsafe_address in [format!("http://example.com/{CANARY}"), format!("ftp://127.0.0.1/{CANARY}"), CANARY.to_owned(), String::new()] {
        let why = sent_to(&unsafe_address).await.unwrap_err();
        assert!(why.retry && why.why.contains("holds no https address"), "{why:?}");
    }
}

#[test]
fn messages_keep_within_slacks_limits() {
    #[rustfmt::skip]
    let table = [
        ("a usual one",       notice()),
        ("one long line",     Notice { body: "<&>".repeat(9000), subject: "&".repeat(600), ..notice() }),
        ("many lines",        Notice { body: "a line of text <b>\n".repeat(900), ..notice() }),
        ("nothing to say",    Notice { body: String::new(), ..notice() }),
        ("wide characters",   Notice { body: "ж".repeat(16_000), subject: "ж".repeat(512), ..notice() }),
    ];
    for (case, notice) in table {
        let message = message(&notice);
        let blocks = message["blocks"].as_array().unwrap();
        let texts: Vec<&str> = blocks.iter().map(|block| block["text"]["text"].as_str().unwrap()).collect();
        let lengths: Vec<usize> = texts.iter().map(|text| text.chars().count()).collect();
        assert!(lengths[0] <= 150 && lengths.iter().all(|length| (1..=3000).contains(length)), "{case}: {lengths:?}");
        assert!(lengths.iter().sum::<usize>() <= 13_000 && blocks.len() <= 50, "{case}: {lengths:?}");
        assert!(texts.iter().all(|text| is_escaped(text)), "{case}: {texts:?}");
    }
}

/// Every `&` begins a whole entity, and nothing opens a link or a mention.
fn is_escaped(text: &str) -> bool {
    let entity = |rest: &str| ["amp;", "lt;", "gt;"].iter().any(|entity| rest.starts_with(entity));
    !text.contains(['<', '>']) && text.split('&').skip(1).all(entity)
}

#[test]
fn a_message_has_a_header_its_text_and_a_fallback() {
    let message = message(&notice());
    let text = |at: usize| message["blocks"][at]["text"]["text"].clone();
    assert_eq!(
        (text(0), message["blocks"][0]["type"].clone()),
        (Value::from("Remediation failed: &lt;rr-1&gt; &amp; more"), Value::from("header"))
    );
    assert_eq!(text(1), "first line\nsecond &lt;!channel&gt; line");
    assert_eq!(message["text"], "Remediation failed: &lt;rr-1&gt; &amp; more");
}
