//! Lengths of time as people write them.

use jiff::SignedDuration;
use jiff::fmt::friendly::{Designator, SpanPrinter};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, written as `90s`, `5m` or `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length(pub SignedDuration);

impl Length {
    /// So many minutes.
    pub const fn minutes(minutes: i64) -> Self {
        Self(SignedDuration::from_mins(minutes))
    }

    /// So many seconds.
    pub const fn seconds(seconds: i64) -> Self {
        Self(SignedDuration::from_secs(seconds))
    }
}

impl std::fmt::Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            &SpanPrinter::new().designator(Designator::Compact).spacing(jiff::fmt::friendly::Spacing::None).duration_to_string(&self.0),
        )
    }
}

impl std::str::FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let length: SignedDuration =
            text.parse().map_err(|_| format!("{text:?} is not a length of time; write for example 90s, 5m or 1h30m"))?;
        match length.is_negative() {
            true => Err(format!("{text:?} is negative")),
            false => Ok(Self(length)),
        }
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl JsonSchema for Length {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "A length of time, for example 90s, 5m or 1h30m" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_write_them() {
        #[rustfmt::skip]
        let table = [
            ("seconds", "90s",   Some("1m30s")),
            ("minutes", "15m",   Some("15m")),
            ("mixed",   "1h30m", Some("1h30m")),
            ("nothing", "0s",    Some("0s")),
            ("a bare number says no unit", "15", None),
            ("negative", "-5m",  None),
        ];
        for (case, text, expected) in table {
            let read = text.parse::<Length>().ok().inspect(|&length| {
                let again = length.to_string();
                assert_eq!(again.parse::<Length>(), Ok(length), "{case} reads back");
            });
            assert_eq!(read, expected.map(|e| e.parse::<Length>().unwrap()), "{case}");
        }
    }
}
