use super::delivery::{Answer, Decision::*, Limits, Seen, after, closed, decide, with};
use super::receivers::Receiver;
use crate::api::{Delivery, DeliveryState, NotificationPhase};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

const DAY: i64 = 86_400;

fn delivered(channel: &str) -> Delivery {
    Delivery { state: DeliveryState::Delivered, delivered_at: Some(at(1)), ..waiting(channel, 1, None) }
}

fn refused(channel: &str) -> Delivery {
    Delivery { state: DeliveryState::Failed, ..waiting(channel, 1, None) }
}

fn waiting(channel: &str, attempts: i32, next: Option<i64>) -> Delivery {
    let (receiver, channel) = (channel.to_owned(), channel.to_owned());
    Delivery {
        receiver,
        channel,
        state: DeliveryState::Pending,
        attempts,
        last_error: None,
        delivered_at: None,
        next_attempt: next.map(at),
    }
}

fn both() -> Vec<Receiver> {
    vec![Receiver::of("console"), Receiver::of("slack")]
}

#[test]
fn every_receiver_is_tried_until_it_has_the_notice_or_refuses_it() {
    use NotificationPhase::{Failed, PartiallySent, Sent};
    let send = |channels: &[&str]| Send(channels.iter().map(|channel| Receiver::of(channel)).collect());
    #[rustfmt::skip]
    let table = [
        ("a new notice goes to all",          10,      vec![],                                                    send(&["console", "slack"])),
        ("what has arrived is not repeated",  10,      vec![delivered("console")],                                send(&["slack"])),
        ("nobody is due yet",                 10,      vec![delivered("console"), waiting("slack", 1, Some(40))], Wait { until: at(40) }),
        ("due to the second",                 40,      vec![delivered("console"), waiting("slack", 1, Some(40))], send(&["slack"])),
        ("the earlier of two",                10,      vec![waiting("console", 1, Some(50)), waiting("slack", 1, Some(40))], Wait { until: at(40) }),
        ("only who is due",                   45,      vec![waiting("console", 1, Some(50)), waiting("slack", 1, Some(40))], send(&["slack"])),
        ("all have it",                       10,      vec![delivered("console"), delivered("slack")],            Finish(Sent)),
        ("one refused it",                    10,      vec![delivered("console"), refused("slack")],              Finish(PartiallySent)),
        ("all refused it",                    10,      vec![refused("console"), refused("slack")],                Finish(Failed)),
        ("a day is over",                     DAY,     vec![delivered("console"), waiting("slack", 9, Some(DAY - 5))], Finish(PartiallySent)),
        ("nobody waits beyond the day",       10,      vec![delivered("console"), waiting("slack", 9, Some(2 * DAY))], Wait { until: at(DAY) }),
        ("what was never tried is, however late", 2 * DAY, vec![],                                                send(&["console", "slack"])),
    ];
    for (case, now, deliveries, expected) in table {
        let seen = Seen { now: at(now), created: at(0), receivers: &both(), deliveries: &deliveries, limits: Limits::default() };
        assert_eq!(decide(&seen), expected, "{case}");
    }
}

#[test]
fn waits_double_up_to_eight_minutes() {
    let later = |asked: Option<i64>| Answer::Later { after: asked.map(SignedDuration::from_secs), why: "503".into() };
    #[rustfmt::skip]
    let table = [
        ("the first wait",             0,   0.999_999, None,      Some(30)),
        ("jitter shortens it",         0,   0.0,       None,      Some(15)),
        ("the second",                 1,   0.999_999, None,      Some(60)),
        ("the fifth is at the cap",    4,   0.999_999, None,      Some(480)),
        ("and stays there",            200, 0.999_999, None,      Some(480)),
        ("asked to wait longer",       0,   0.0,       Some(90),  Some(90)),
        ("asked to wait less",         4,   0.999_999, Some(1),   Some(480)),
        ("asked to wait too long",     0,   0.0,       Some(DAY), None),
    ];
    for (case, attempts, jitter, asked, expected) in table {
        let before = [waiting("slack", attempts, None)];
        let seen = Seen { now: at(0), created: at(0), receivers: &both(), deliveries: &before, limits: Limits::default() };
        let delivery = after(&seen, &Receiver::of("slack"), &later(asked), jitter);
        let wait = delivery.next_attempt.map(|next| next.duration_since(at(0)).as_secs_f64().ceil() as i64);
        assert_eq!((wait, delivery.attempts), (expected, attempts + 1), "{case}");
    }
}

#[test]
fn answers_that_are_final_end_at_once() {
    let limits = Limits { most_attempts: Some(3), ..Limits::default() };
    let later = Answer::Later { after: None, why: "503".into() };
    #[rustfmt::skip]
    let table = [
        ("delivered",            0, 10,       Answer::Delivered,                         DeliveryState::Delivered, None),
        ("refused",              0, 10,       Answer::Never { why: "no_service".into() }, DeliveryState::Failed, Some("no_service")),
        ("attempts are left",    1, 10,       later.clone(),                             DeliveryState::Pending, Some("503")),
        ("no attempt is left",   2, 10,       later.clone(),                             DeliveryState::Failed, Some("gave up after 3 attempts: 503")),
        ("no time is left",      0, DAY - 10, later,                                     DeliveryState::Failed, Some("gave up after 1 attempts: 503")),
    ];
    for (case, attempts, now, answer, state, error) in table {
        let before = [waiting("slack", attempts, None)];
        let seen = Seen { now: at(now), created: at(0), receivers: &both(), deliveries: &before, limits };
        let delivery = after(&seen, &Receiver::of("slack"), &answer, 0.5);
        assert_eq!((delivery.state, delivery.last_error.as_deref()), (state, error), "{case}");
    }
}

#[test]
fn an_arrival_is_never_forgotten() {
    let arrived = with(vec![delivered("slack")], waiting("slack", 2, Some(9)));
    assert_eq!(arrived, vec![delivered("slack")]);
    assert_eq!(closed(&[delivered("console"), waiting("slack", 1, Some(40))]), vec![delivered("console"), refused("slack")]);
}

proptest! {
    /// However receivers answer, delivery ends, and soon after the deadline.
    #[test]
    fn delivery_always_ends(answers in prop::collection::vec(0..3u8, 1..400), jitter in 0.0..1.0f64) {
        let (receivers, mut deliveries, mut now) = (both(), vec![], at(0));
        for step in answers.iter().cycle().take(4000) {
            let seen = Seen { now, created: at(0), receivers: &receivers, deliveries: &deliveries, limits: Limits::default() };
            match decide(&seen) {
                Send(due) => {
                    let answer = match step { 0 => Answer::Later { after: None, why: String::new() }, 1 => Answer::Delivered, _ => Answer::Never { why: String::new() } };
                    let new: Vec<_> = due.iter().map(|receiver| after(&seen, receiver, &answer, jitter)).collect();
                    deliveries = new.into_iter().fold(deliveries, with);
                }
                Wait { until } => { prop_assert!(until > now); now = until; }
                Finish(phase) => { prop_assert!(phase.is_over() && now <= at(DAY)); return Ok(()); }
            }
        }
        prop_assert!(false, "delivery did not end");
    }
}
