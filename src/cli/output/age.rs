//! Says how long ago, and how long until.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// How points in time are shown.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum, PartialEq, Eq)]
pub enum Times {
    /// As ages and countdowns.
    #[default]
    Age,
    /// In the local time zone.
    Local,
    /// In UTC.
    Utc,
}

impl Times {
    /// How long ago `at` was; `<unknown>` when nobody knows.
    pub fn since(self, at: Option<Timestamp>, now: Timestamp) -> String {
        match at {
            None => "<unknown>".to_owned(),
            Some(at) if self == Self::Age => age(now.duration_since(at)),
            Some(at) => self.point(at),
        }
    }

    /// How long until `at`: `in 11m`, or `overdue 2m`.
    pub fn until(self, at: Timestamp, now: Timestamp) -> String {
        match self {
            Self::Age => countdown(at, now),
            _ => self.point(at),
        }
    }

    fn point(self, at: Timestamp) -> String {
        match self {
            Self::Local => at.to_zoned(TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            _ => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

/// `in 11m`, or `overdue 2m` from the deadline on.
pub fn countdown(at: Timestamp, now: Timestamp) -> String {
    let left = at.duration_since(now);
    match left.is_positive() {
        true => format!("in {}", age(left)),
        false => format!("overdue {}", age(left.abs())),
    }
}

/// A length of time as kubectl's AGE column shows it.
pub fn age(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let pair = |big: i64, unit: char, small: i64, part: char| match small {
        0 => format!("{big}{unit}"),
        rest => format!("{big}{unit}{rest}{part}"),
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => pair(minutes, 'm', seconds % 60, 's'),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => pair(hours, 'h', minutes % 60, 'm'),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => pair(days, 'd', hours % 24, 'h'),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => pair(days / 365, 'y', days % 365, 'd'),
        _ => format!("{}y", days / 365),
    }
}

/// Reads a length of time as Go writes it; a bare number is seconds, as in kubectl.
///
/// # Errors
/// When the text is neither, or negative.
pub fn length(text: &str) -> Result<SignedDuration, String> {
    let read = text.parse::<i64>().ok().map(SignedDuration::from_secs);
    let read = read.or_else(|| text.parse::<crate::settings::Length>().ok().map(|length| length.0));
    let refused = || format!("{text:?} is not a length of time; write for example 90s, 5m or 24h (not days)");
    let days = text.contains(['d', 'w', 'y']);
    read.filter(|length| !length.is_negative() && !days).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_kubectls() {
        #[rustfmt::skip]
        let table = [
            (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (121, "2m1s"), (599, "9m59s"), (600, "10m"),
            (10_799, "179m"), (10_800, "3h"), (10_860, "3h1m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"),
            (176_400, "2d1h"), (691_200, "8d"), (63_071_999, "729d"), (63_072_000, "2y"), (63_158_400, "2y1d"), (252_288_000, "8y"),
        ];
        for (seconds, expected) in table {
            assert_eq!(age(SignedDuration::from_secs(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn deadlines_count_down_and_then_say_so() {
        let now = Timestamp::UNIX_EPOCH;
        let at = |seconds| now + SignedDuration::from_secs(seconds);
        assert_eq!(countdown(at(651), now), "in 10m");
        assert_eq!(countdown(at(0), now), "overdue 0s");
        assert_eq!(countdown(at(-125), now), "overdue 2m5s");
        assert_eq!(Times::Utc.until(at(60), now), "1970-01-01T00:01:00Z");
    }

    #[test]
    fn lengths_are_gos() {
        #[rustfmt::skip]
        let table = [("0", Some(0)), ("10", Some(10_000)), ("1h30m", Some(5_400_000)), ("300ms", Some(300)), ("1d", None), ("-5s", None), ("x", None)];
        for (text, millis) in table {
            assert_eq!(length(text).ok().map(|l| l.as_millis()), millis, "{text}");
        }
    }
}
