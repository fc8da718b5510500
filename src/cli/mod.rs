//! Holds one file per verb.

pub mod sandbox;
