//! Reads, scales and writes quantities such as `512Mi` or `250m`, in the form the API server stores.

/// A quantity in thousandths of its unit, and how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    thousandths: i128,
    binary: bool,
}

const BINARY: [(&str, i128); 6] = [("Ei", 1 << 60), ("Pi", 1 << 50), ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
const DECIMAL: [(&str, i128); 6] =
    [("E", 10_i128.pow(18)), ("P", 10_i128.pow(15)), ("T", 10_i128.pow(12)), ("G", 10_i128.pow(9)), ("M", 10_i128.pow(6)), ("k", 1_000)];

impl Quantity {
    /// Reads a whole or decimal number with an optional suffix; exponents are not understood.
    pub fn parse(text: &str) -> Option<Self> {
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, suffix) = text.split_at(split);
        let (scale, binary) = match suffix {
            "" => (1_000, false),
            "m" => (1, false),
            _ => match BINARY.iter().find(|(name, _)| *name == suffix) {
                Some((_, factor)) => (factor * 1_000, true),
                None => (DECIMAL.iter().find(|(name, _)| *name == suffix)?.1 * 1_000, false),
            },
        };
        Some(Self { thousandths: scaled(number, scale)?, binary })
    }

    /// This much more, in per cent.
    pub fn increased_by(self, percent: u32) -> Self {
        let thousandths = self.thousandths.saturating_mul(100 + i128::from(percent)) / 100;
        Self { thousandths, ..self }
    }

    /// The smaller of two.
    pub fn min(self, other: Self) -> Self {
        Self { thousandths: self.thousandths.min(other.thousandths), ..self }
    }

    /// Whether this is more than another.
    pub fn exceeds(self, other: Self) -> bool {
        self.thousandths > other.thousandths
    }
}

/// `number · scale`, exactly, for up to 18 digits.
fn scaled(number: &str, scale: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let divisor = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    Some(digits.parse::<i128>().ok()?.checked_mul(scale)? / divisor)
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let units: &[(&str, i128)] = if self.binary { &BINARY } else { &DECIMAL };
        let fits = |(_, factor): &&(&str, i128)| self.thousandths != 0 && self.thousandths % (factor * 1_000) == 0;
        match units.iter().find(fits) {
            Some((suffix, factor)) => write!(f, "{}{suffix}", self.thousandths / (factor * 1_000)),
            None if self.thousandths % 1_000 == 0 => write!(f, "{}", self.thousandths / 1_000),
            None => write!(f, "{}m", self.thousandths),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn quantities_are_written_as_the_api_server_stores_them() {
        #[rustfmt::skip]
        let table = [
            ("double memory",       "512Mi", 100, "1Gi"),
            ("half as much again",  "1Gi",    50, "1536Mi"),
            ("cpu in thousandths",  "250m",  100, "500m"),
            ("cpu in wholes",       "500m",  100, "1"),
            ("decimal memory",      "500M",  100, "1G"),
            ("a fraction",          "1.5Gi",   0, "1536Mi"),
            ("plain bytes",         "1500",  100, "3k"),
            ("nothing",             "0",     100, "0"),
        ];
        for (case, from, percent, expected) in table {
            assert_eq!(Quantity::parse(from).unwrap().increased_by(percent).to_string(), expected, "{case}");
        }
        for wrong in ["", "Mi", "1Xi", "1e3", "-1", "99999999999999999999"] {
            assert_eq!(Quantity::parse(wrong), None, "{wrong:?}");
        }
    }
}
