//! What every model stands on: an object that is written only against the version that was read, and the marks of broken promises.

use crate::sabotage::Sabotage;
use std::fmt;
use std::hash::Hash;

/// An object of the API server, with its resourceVersion; it survives its deletion as a version that nobody has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Obj<T> {
    /// Grows with every write that changes something.
    pub version: u8,
    /// What is stored.
    pub it: T,
}

impl<T: Copy + Eq> Obj<T> {
    /// A first version.
    pub fn new(it: T) -> Self {
        Self { version: 1, it }
    }

    /// Writes against the version that was read; `false` is the API server's 409. A write that changes nothing makes no version.
    pub fn put(&mut self, read: &Self, it: T) -> bool {
        let fits = self.version == read.version;
        if fits {
            self.force(it);
        }
        fits
    }

    /// Writes whatever was read: what a careless client, or a lost object, does.
    pub fn force(&mut self, it: T) {
        if self.it != it {
            *self = Self { version: self.version + 1, it };
        }
    }
}

/// A promise of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Promise {
    S1,
    S2,
    S3,
    S4,
    S6,
    S9,
    S10,
    S14,
    S18,
    S19,
    S21,
    Ends,
}

impl Promise {
    /// The promise in a few words.
    pub fn says(self) -> &'static str {
        match self {
            Self::S1 => "nothing starts without an approval that counts",
            Self::S2 => "what was approved is what runs",
            Self::S3 => "one run at a time on a target",
            Self::S4 => "what ran and failed starts again only after its block was cleared",
            Self::S6 => "a decision is made once and stays",
            Self::S9 => "deleting or re-creating never makes a forbidden start allowed",
            Self::S10 => "only the API server's time decides; no clock opens anything",
            Self::S14 => "an error on the way to a start means not now",
            Self::S18 => "failures before start are counted once, and waited for",
            Self::S19 => "the worst news first, always in the same order",
            Self::S21 => "unknown counts as executed",
            Self::Ends => "once faults stop, everything ends or waits for a person",
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The promises that a history has broken so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Broken(u16);

impl Broken {
    /// Marks a promise as broken if the condition holds.
    pub fn mark(&mut self, promise: Promise, if_so: bool) {
        self.0 |= u16::from(if_so) << (promise as u16);
    }

    /// Whether it was kept.
    pub fn kept(self, promise: Promise) -> bool {
        self.0 & (1 << (promise as u16)) == 0
    }
}

/// A small set of numbers from 0 to 7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Few(pub u8);

impl Few {
    /// Whether it is in.
    pub fn has(self, one: usize) -> bool {
        self.0 & (1 << one) != 0
    }

    /// Puts it in.
    pub fn add(&mut self, one: usize) {
        self.0 |= 1 << one;
    }
}

/// What a model shares with the others: which design mutant is on.
pub trait Mutated {
    /// The design mutant, if one is on.
    fn sabotage(&self) -> Option<Sabotage>;

    /// Whether this design mutant is on.
    fn is(&self, one: Sabotage) -> bool {
        self.sabotage() == Some(one)
    }
}
