//! Decides from an analyst's confidence whether a plan is approved at once, shown to a person, or refused.

use crate::api::ConfidenceLevel;
use crate::settings::Approval;
use serde::Serialize;

/// What a confidence allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The plan may run without a person.
    Approve,
    /// A person decides.
    Ask,
    /// Nothing runs; a person is told.
    Refuse {
        /// Why, in a sentence.
        because: String,
    },
}

/// Judges a confidence on the 0 to 100 scale, without rounding.
pub fn decide(score: Option<f64>, steps: usize, settings: &Approval) -> Trust {
    let Some(score) = stated(score) else {
        return Trust::Refuse { because: "the analyst stated no usable confidence, escalate to human".to_owned() };
    };
    if score < settings.medium {
        let limit = settings.medium;
        return Trust::Refuse { because: format!("confidence too low (<{limit}%), escalate to human") };
    }
    match score >= settings.high && settings.auto_approve && steps <= settings.max_steps {
        true => Trust::Approve,
        false => Trust::Ask,
    }
}

/// Why a person is asked.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Asking {
    /// The analyst is neither sure nor unsure.
    MediumConfidence,
    /// Nothing is approved without a person.
    AutoApprovalOff,
    /// The plan is too long to be approved without a person.
    TooManySteps,
    /// By these settings the plan is refused.
    LowConfidence,
    /// By these settings nobody would be asked.
    Other,
}

/// Why a person is asked, judged as [`decide`] judges.
pub fn asking(score: Option<f64>, steps: usize, settings: &Approval) -> Asking {
    match (decide(score, steps, settings), stated(score)) {
        (Trust::Refuse { .. }, _) | (_, None) => Asking::LowConfidence,
        (Trust::Approve, _) => Asking::Other,
        (Trust::Ask, Some(score)) if score < settings.high => Asking::MediumConfidence,
        (Trust::Ask, _) if !settings.auto_approve => Asking::AutoApprovalOff,
        (Trust::Ask, _) => Asking::TooManySteps,
    }
}

/// The confidence, if it is a number from 0 to 100.
pub fn stated(score: Option<f64>) -> Option<f64> {
    score.filter(|score| (0.0..=100.0).contains(score))
}

/// The band of a confidence.
pub fn level(score: f64, settings: &Approval) -> ConfidenceLevel {
    match score {
        high if high >= settings.high => ConfidenceLevel::High,
        medium if medium >= settings.medium => ConfidenceLevel::Medium,
        _ => ConfidenceLevel::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_asks_and_eighty_approves() {
        let careful = Approval { auto_approve: false, ..Approval::default() };
        let low = || Trust::Refuse { because: "confidence too low (<60%), escalate to human".into() };
        let none = || Trust::Refuse { because: "the analyst stated no usable confidence, escalate to human".into() };
        #[rustfmt::skip]
        let table = [
            ("certain",                    Some(100.0),         1, Approval::default(), Trust::Approve),
            ("exactly high",               Some(80.0),          1, Approval::default(), Trust::Approve),
            ("just under high",            Some(79.999_999),    1, Approval::default(), Trust::Ask),
            ("the seed's example",         Some(72.5),          3, Approval::default(), Trust::Ask),
            ("exactly medium",             Some(60.0),          1, Approval::default(), Trust::Ask),
            ("just under medium",          Some(59.999_999),    1, Approval::default(), low()),
            ("nothing",                    Some(0.0),           1, Approval::default(), low()),
            ("missing",                    None,                1, Approval::default(), none()),
            ("not a number",               Some(f64::NAN),      1, Approval::default(), none()),
            ("infinite",                   Some(f64::INFINITY), 1, Approval::default(), none()),
            ("over the scale",             Some(100.1),         1, Approval::default(), none()),
            ("under the scale",            Some(-0.1),          1, Approval::default(), none()),
            ("auto-approval is off",       Some(95.0),          1, careful,             Trust::Ask),
            ("ten steps are approved",     Some(95.0),         10, Approval::default(), Trust::Approve),
            ("eleven steps are asked for", Some(95.0),         11, Approval::default(), Trust::Ask),
        ];
        for (case, score, steps, settings, expected) in table {
            assert_eq!(decide(score, steps, &settings), expected, "{case}");
        }
    }

    #[test]
    fn a_band_begins_with_its_first_value() {
        use ConfidenceLevel::{High, Low, Medium};
        let table = [(0.0, Low), (59.999, Low), (60.0, Medium), (79.999, Medium), (80.0, High), (100.0, High)];
        for (score, expected) in table {
            assert_eq!(level(score, &Approval::default()), expected, "{score}");
        }
    }

    #[test]
    fn it_is_known_why_a_person_is_asked() {
        let careful = Approval { auto_approve: false, ..Approval::default() };
        #[rustfmt::skip]
        let table = [
            (Some(72.0), 1,  Approval::default(), Asking::MediumConfidence),
            (Some(72.0), 11, Approval::default(), Asking::MediumConfidence),
            (Some(95.0), 11, Approval::default(), Asking::TooManySteps),
            (Some(95.0), 1,  careful,             Asking::AutoApprovalOff),
            (Some(40.0), 1,  Approval::default(), Asking::LowConfidence),
            (None,       1,  Approval::default(), Asking::LowConfidence),
            (Some(95.0), 1,  Approval::default(), Asking::Other),
        ];
        for (score, steps, settings, expected) in table {
            assert_eq!(asking(score, steps, &settings), expected, "{score:?} {steps}");
        }
    }
}
