//! What is checked in the two runs' model at each write that matters.

use crate::ledger::{Model, World, was_begun};
use crate::world::Promise;
use kubernaut::api::RunOutcome;

impl Model {
    /// Checked when the target was taken: no error was read as permission, and the backoff was waited for.
    pub fn taken(&self, w: &mut World, before: &World, i: usize, taken: bool) {
        let Some(ledger) = before.ledger.it.filter(|_| taken) else { return };
        let facts = self.rules.facts(ledger);
        let blocked = (0..2).any(|j| facts.blocks.has(j) && self.same_scope(i, j));
        w.broken.mark(Promise::S14, blocked || facts.holder.is_some());
        let wait = if before.fails == 0 { 0 } else { (1 << (before.fails - 1)).min(10) };
        w.broken.mark(Promise::S18, before.now < before.last_fail + wait);
    }

    /// Checked when a run begins: nothing that ran and failed before it was left uncleared.
    pub fn began(&self, w: &mut World, i: usize) {
        let failed = (0..2).any(|j| j != i && w.failed_during(j) && self.same_scope(i, j));
        w.broken.mark(Promise::S4, failed);
    }

    fn same_scope(&self, i: usize, j: usize) -> bool {
        self.setup.workflows[i] == self.setup.workflows[j]
    }

    /// Checked when an end is recorded: what was begun is never recorded as not begun, and every failure is counted once.
    pub fn recorded(&self, w: &mut World, i: usize, outcome: RunOutcome) {
        let lied = was_begun(w.steps[i]) && !outcome.is_success() && outcome != RunOutcome::FailedDuring;
        w.broken.mark(Promise::S21, lied || (outcome.is_success() && w.failed_during(i)));
        if !w.counted.has(i) && outcome == RunOutcome::FailedBeforeStart {
            (w.fails, w.last_fail) = (w.fails + 1, w.now);
        }
        if outcome.is_success() {
            (w.fails, w.last_fail) = (0, 0);
        }
        w.counted.add(i);
        let facts = w.ledger.it.map(|ledger| self.rules.facts(ledger)).unwrap_or_default();
        let next = (w.fails > 0).then(|| w.last_fail + (1 << (w.fails - 1)).min(10));
        w.broken.mark(Promise::S18, facts.failures != w.fails || facts.next < next);
    }
}
