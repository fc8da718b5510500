//! One condition of a route on one label.

use super::expression::Expression;
use std::collections::BTreeMap;
use std::fmt;

/// How a label's value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    NotMatches,
}

impl Operator {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::NotMatches => "!~",
        }
    }
}

/// One condition of a route on one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// Name of the label.
    pub label: String,
    /// How its value is compared.
    pub operator: Operator,
    /// With what.
    pub value: String,
    expression: Option<Expression>,
}

impl Matcher {
    /// A condition; fails when the value is to be a regular expression and is none.
    pub fn new(label: impl Into<String>, operator: Operator, value: impl Into<String>) -> Result<Self, String> {
        let (label, value) = (label.into(), value.into());
        let expression = match operator {
            Operator::Matches | Operator::NotMatches => {
                Some(Expression::new(&value).map_err(|why| format!("{value:?} is not a regular expression: {why}"))?)
            }
            Operator::Equal | Operator::NotEqual => None,
        };
        Ok(Self { label, operator, value, expression })
    }

    /// Whether the condition holds. A label that is missing counts as empty.
    pub fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.label).map(String::as_str).unwrap_or_default();
        let fits = self.expression.as_ref().map_or_else(|| value == self.value, |expression| expression.fits(value));
        fits == matches!(self.operator, Operator::Equal | Operator::Matches)
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.label, self.operator, &self.value) == (&other.label, other.operator, &other.value)
    }
}

/// As a routing file could say it.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.label.is_empty() || self.label.chars().any(super::notation::is_reserved) {
            true => write!(f, "{:?}", self.label)?,
            false => f.write_str(&self.label)?,
        }
        let value = self.value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"");
        write!(f, "{}\"{value}\"", self.operator.as_str())
    }
}
