//! Design mutants: each must make a named check fail.

use crate::world::Promise;

/// One way to design it wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Sabotage {
    // Approval and plan.
    NoHashBinding,
    StartUnapproved,
    RequesterApproves,
    AnyName,
    DecisionChanges,
    ExpiryOverwrites,
    DecidersClock,
    ControllersClock,
    ForgedStamp,
    DeletedIsApproved,
    RunFromAnalysis,
    // Ledger.
    LedgerOverwritten,
    TwoTakes,
    GateAskedOnce,
    HolderDroppedFirst,
    HolderExpires,
    BlockOnRunOnly,
    TerminalFirst,
    LastOutcomeWins,
    CountTwice,
    NoBackoff,
    ErrorIsEmpty,
    UnknownIsUndone,
    UnbuiltPermits,
    RebuildForgets,
    NothingVoided,
    // Clearing and deletion.
    ClearLiftsAll,
    AnyoneClears,
    AnnotationClears,
    BlockByName,
    DeletionLifts,
    GoneIsFree,
    BlockFades,
    // Writes on their way.
    NoIntent,
    NoFence,
    NoPrecondition,
    UnknownUndone,
    SentAgain,
    StopUnread,
    EndUnsettled,
    FenceAnywhere,
    GoneUnfenced,
    // Properties.
    GatesSwapped,
    BackoffWraps,
}

/// A sabotage, the check that must fail of it, and the promise that it breaks.
pub struct Row {
    /// What is promised.
    pub promise: Promise,
    /// The check's name.
    pub check: &'static str,
    /// What is designed wrong.
    pub sabotage: Sabotage,
    /// The same in words.
    pub says: &'static str,
}

const fn row(promise: Promise, check: &'static str, sabotage: Sabotage, says: &'static str) -> Row {
    Row { promise, check, sabotage, says }
}

/// Every sabotage with the check that sees it.
pub const ROWS: &[Row] = &[
    row(Promise::S1, "forged runs", Sabotage::StartUnapproved, "the take does not read the approval"),
    row(Promise::S1, "people decide", Sabotage::RequesterApproves, "the requester may approve"),
    row(Promise::S1, "people decide", Sabotage::AnyName, "anybody's name may stand under a decision"),
    row(Promise::S2, "forged runs", Sabotage::NoHashBinding, "the take does not compare the plans' hashes"),
    row(Promise::S3, "two runs", Sabotage::LedgerOverwritten, "the ledger is overwritten, not compared and swapped"),
    row(Promise::S3, "two runs", Sabotage::TwoTakes, "the gate does not look at the holder"),
    row(Promise::S3, "two runs", Sabotage::GateAskedOnce, "the gate is asked before the take only"),
    row(Promise::S3, "two runs, time passes", Sabotage::HolderExpires, "a holder expires by time"),
    row(Promise::S3, "a lost ledger", Sabotage::NothingVoided, "a rebuild does not void what was taken before"),
    row(Promise::S3, "a lost ledger", Sabotage::RebuildForgets, "a rebuild begins with an empty ledger"),
    row(Promise::S3, "a lost ledger", Sabotage::UnbuiltPermits, "a ledger that was not rebuilt permits"),
    row(Promise::S3, "two processes, a stop", Sabotage::EndUnsettled, "a run ends while a write of its is unsettled"),
    row(Promise::S3, "a step vanishes", Sabotage::GoneUnfenced, "nothing is fenced off when a step's record is gone"),
    row(Promise::S4, "two runs", Sabotage::HolderDroppedFirst, "the target is given back before the block is written"),
    row(Promise::S4, "two runs", Sabotage::BlockOnRunOnly, "the block stands on the run only"),
    row(Promise::S4, "people clear", Sabotage::ClearLiftsAll, "a clearance lifts every block"),
    row(Promise::S4, "people clear", Sabotage::AnyoneClears, "anybody may clear"),
    row(Promise::S4, "people clear", Sabotage::AnnotationClears, "an annotation clears"),
    row(Promise::S4, "people clear", Sabotage::BlockByName, "a block counts for its run's name only"),
    row(Promise::S4, "people clear", Sabotage::BlockFades, "a block fades with time"),
    row(Promise::S6, "people decide", Sabotage::DecisionChanges, "a decision may be changed"),
    row(Promise::S6, "people decide", Sabotage::ExpiryOverwrites, "Expired is written over whatever stands there"),
    row(Promise::S9, "people delete", Sabotage::DeletionLifts, "every deletion lifts the block"),
    row(Promise::S9, "people delete", Sabotage::GoneIsFree, "a holder whose run is gone is simply dropped"),
    row(Promise::S9, "forged runs", Sabotage::DeletedIsApproved, "a request that was deleted counts as approved"),
    row(Promise::S10, "people decide", Sabotage::DecidersClock, "a decision's own time counts"),
    row(Promise::S10, "clocks jump", Sabotage::ControllersClock, "the controllers' clock judges a decision"),
    row(Promise::S10, "people decide", Sabotage::ForgedStamp, "people may write the main resource, and so the stamp"),
    row(Promise::S14, "two runs", Sabotage::ErrorIsEmpty, "an error is read as an empty ledger"),
    row(Promise::S18, "two runs", Sabotage::CountTwice, "an outcome that is recorded twice counts twice"),
    row(Promise::S18, "two runs", Sabotage::NoBackoff, "the gate does not wait"),
    row(Promise::S18, "two runs", Sabotage::TerminalFirst, "a run is over before its end is recorded"),
    row(Promise::S18, "backoff", Sabotage::BackoffWraps, "the wait wraps instead of being capped"),
    row(Promise::S19, "precedence", Sabotage::GatesSwapped, "the gates are asked in another order"),
    row(Promise::S21, "two runs", Sabotage::UnknownIsUndone, "a step whose record is gone counts as not begun"),
    row(Promise::S21, "two processes", Sabotage::LastOutcomeWins, "the last outcome wins, not the first"),
    row(Promise::S21, "a write on its way", Sabotage::NoIntent, "a write is sent without being announced"),
    row(Promise::S21, "a write on its way", Sabotage::NoFence, "an interrupted write is looked at, not fenced"),
    row(Promise::S21, "a write on its way", Sabotage::NoPrecondition, "a write is sent without its version"),
    row(Promise::S21, "a write on its way", Sabotage::FenceAnywhere, "a fence at another version counts as in time"),
    row(Promise::S21, "a stranger writes, too", Sabotage::UnknownUndone, "what nobody can tell counts as not done"),
    row(Promise::S21, "a write on its way", Sabotage::SentAgain, "an announced write is sent again"),
];

/// Sabotages that change nothing, because a second line of defence holds, which is named.
pub const REDUNDANT: &[Row] = &[
    row(
        Promise::S2,
        "people decide",
        Sabotage::RunFromAnalysis,
        "the run is made of whatever the analysis says now; the take compares hashes",
    ),
    row(
        Promise::S21,
        "two processes, a stop",
        Sabotage::StopUnread,
        "a stop is not read live before a write; the step's own version is compared",
    ),
];
