//! The range of every setting.

use super::{Analyst, Approval, Budgets, Execution, Gate, Length, Settings};

/// A value that is out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} is {value}, but must be {range}")]
pub struct OutOfRange {
    /// Path of the key, for example `approval.high`.
    pub key: &'static str,
    /// What it was set to.
    pub value: String,
    /// What is allowed.
    pub range: &'static str,
}

impl Settings {
    /// Refuses the first value that is out of its range.
    pub fn checked(self) -> Result<Self, OutOfRange> {
        let wrong = self.gate.wrong().or(self.approval.wrong()).or(self.budgets.wrong()).or(self.execution.wrong());
        match wrong.or(self.analyst.wrong()).or(within("retention.ended", self.retention.ended, ANY)) {
            Some(wrong) => Err(wrong),
            None => Ok(self),
        }
    }
}

/// A range of lengths, and how it is written.
type Range = (Length, Length, &'static str);

const WEEK: Length = Length::minutes(7 * 24 * 60);
const YEAR: Length = Length::minutes(366 * 24 * 60);
/// Zero has a meaning.
const FROM_ZERO: Range = (Length::seconds(0), WEEK, "from 0s to 168h");
/// Zero would end everything before it began.
const SOME: Range = (Length::seconds(1), WEEK, "from 1s to 168h");
const ANY: Range = (Length::seconds(0), YEAR, "from 0s to 8784h");

fn within(key: &'static str, length: Length, (least, most, range): Range) -> Option<OutOfRange> {
    refuse(key, (least..=most).contains(&length), &length, range)
}

fn refuse(key: &'static str, fits: bool, value: &impl ToString, range: &'static str) -> Option<OutOfRange> {
    (!fits).then(|| OutOfRange { key, value: value.to_string(), range })
}

impl Gate {
    fn wrong(&self) -> Option<OutOfRange> {
        within("gate.baseCooldown", self.base_cooldown, FROM_ZERO)
            .or(within("gate.maxCooldown", self.max_cooldown, FROM_ZERO))
            .or(within("gate.cooldown", self.cooldown, FROM_ZERO))
            .or(refuse("gate.maxBackoffExponent", self.max_backoff_exponent <= 30, &self.max_backoff_exponent, "from 0 to 30"))
            .or(refuse(
                "gate.maxConsecutiveFailures",
                self.max_consecutive_failures <= 1000,
                &self.max_consecutive_failures,
                "from 0 to 1000",
            ))
    }
}

impl Approval {
    fn wrong(&self) -> Option<OutOfRange> {
        within("approval.timeout", self.timeout, SOME)
            .or(refuse("approval.high", (0.0..=100.0).contains(&self.high), &self.high, "from 0 to 100"))
            .or(refuse("approval.medium", (0.0..=self.high).contains(&self.medium), &self.medium, "from 0 to approval.high"))
            .or(refuse("approval.maxSteps", (1..=50).contains(&self.max_steps), &self.max_steps, "from 1 to 50"))
    }
}

impl Budgets {
    fn wrong(&self) -> Option<OutOfRange> {
        within("budgets.processing", self.processing, SOME)
            .or(within("budgets.analysis", self.analysis, SOME))
            .or(within("budgets.waiting", self.waiting, SOME))
            .or(within("budgets.execution", self.execution, SOME))
            .or(within("budgets.overall", self.overall, SOME))
    }
}

impl Execution {
    fn wrong(&self) -> Option<OutOfRange> {
        refuse("execution.parallelSteps", (1..=20).contains(&self.parallel_steps), &self.parallel_steps, "from 1 to 20")
            .or(within("execution.stepTimeout", self.step_timeout, SOME))
            .or(within("execution.healthTimeout", self.health_timeout, SOME))
    }
}

impl Analyst {
    fn wrong(&self) -> Option<OutOfRange> {
        refuse("analyst.name", self.name == "playbook", &self.name, "playbook")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_and_wild_values_are_refused() {
        let unknown: Result<Settings, _> = serde_saphyr::from_str("gate: {baseCooldwon: 1m}");
        assert!(unknown.unwrap_err().to_string().contains("baseCooldwon"));
        #[rustfmt::skip]
        let table = [
            ("approval: {high: 101}",                "approval.high is 101, but must be from 0 to 100"),
            ("approval: {high: .nan}",               "approval.high is NaN, but must be from 0 to 100"),
            ("approval: {high: 70, medium: 75}",     "approval.medium is 75, but must be from 0 to approval.high"),
            ("approval: {maxSteps: 51}",             "approval.maxSteps is 51, but must be from 1 to 50"),
            ("approval: {timeout: 0s}",              "approval.timeout is 0s, but must be from 1s to 168h"),
            ("gate: {baseCooldown: 169h}",           "gate.baseCooldown is 169h, but must be from 0s to 168h"),
            ("gate: {maxCooldown: 169h}",            "gate.maxCooldown is 169h, but must be from 0s to 168h"),
            ("gate: {cooldown: 169h}",               "gate.cooldown is 169h, but must be from 0s to 168h"),
            ("gate: {maxBackoffExponent: 31}",       "gate.maxBackoffExponent is 31, but must be from 0 to 30"),
            ("gate: {maxConsecutiveFailures: 1001}", "gate.maxConsecutiveFailures is 1001, but must be from 0 to 1000"),
            ("budgets: {execution: 0s}",             "budgets.execution is 0s, but must be from 1s to 168h"),
            ("budgets: {waiting: 999h}",             "budgets.waiting is 999h, but must be from 1s to 168h"),
            ("execution: {parallelSteps: 0}",        "execution.parallelSteps is 0, but must be from 1 to 20"),
            ("execution: {healthTimeout: 0s}",       "execution.healthTimeout is 0s, but must be from 1s to 168h"),
            ("retention: {ended: 9000h}",            "retention.ended is 9000h, but must be from 0s to 8784h"),
            ("analyst: {name: oracle}",              "analyst.name is oracle, but must be playbook"),
        ];
        for (text, expected) in table {
            let settings: Settings = serde_saphyr::from_str(text).unwrap();
            assert_eq!(settings.checked().unwrap_err().to_string(), expected);
        }
        let zeros = "gate: {baseCooldown: 0s, maxCooldown: 0s, maxBackoffExponent: 0, maxConsecutiveFailures: 0, cooldown: 0s}";
        assert!(serde_saphyr::from_str::<Settings>(zeros).unwrap().checked().is_ok(), "every zero of the gate has a meaning");
        assert!(Settings::default().checked().is_ok());
    }
}
