//! The arguments of `get`, and which of them make sense together.

use super::computed::Computed;
use super::wanted::{Wanted, reasons};
use crate::cli::failure::Failure;
use crate::cli::kinds::{Kind, known_types, type_and_name};
use crate::cli::ledgers::SourceArgs;
use crate::cli::output::age::length;
use crate::cli::output::{LabelArgs, OutputArgs, Query};
use crate::cli::paste;
use crate::cli::read::{Selection, nearest};
use jiff::SignedDuration;

/// Show objects as a table, with what kubectl cannot compute.
///
/// Types: approvals (aar), executions (wfe), remediations (rr), analyses (aia), notifications (nr), processings (rp), steps (ke),
/// stepapprovals (wsar), clearances (bc); and, computed from the ledgers, targets (rt) and blocks.
#[derive(clap::Args, Clone)]
pub struct GetArgs {
    /// approvals, executions, remediations, analyses, notifications, processings, steps, stepapprovals, clearances, targets or blocks; or TYPE/NAME
    #[arg(value_name = "TYPE")]
    pub kind: String,
    /// Names; all when there is none
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Objects of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub selector: Option<String>,
    /// Only objects with these fields, for example status.decision=Approved
    #[arg(long, value_name = "FIELDS")]
    pub field_selector: Option<String>,
    /// Only requests that nobody has decided
    #[arg(long)]
    pub pending: bool,
    /// Only undecided requests whose time is up within this long, for example 10m
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub expiring: Option<SignedDuration>,
    /// Only undecided requests that you may decide
    #[arg(long)]
    pub mine: bool,
    /// Only remediations that a person must still look at
    #[arg(long)]
    pub needs_review: bool,
    /// Only executions that were skipped for one of these reasons, for example PreviousExecutionFailed,ExhaustedRetries
    #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = reasons())]
    pub skip_reason: Vec<String>,
    /// Go on showing what changes
    #[arg(short = 'w', long)]
    pub watch: bool,
    /// Show only what changes from now on
    #[arg(long)]
    pub watch_only: bool,
    /// Leave out the headers
    #[arg(long)]
    pub no_headers: bool,
    /// Sort by this field, for example .metadata.creationTimestamp
    #[arg(long, value_name = "PATH")]
    pub sort_by: Option<Query>,
    /// Objects that are not there are no failure
    #[arg(long)]
    pub ignore_not_found: bool,
    /// How many objects to ask for at once; 0 asks for all. By default, tables are asked for whole, and objects by 500
    #[arg(long, value_name = "NUMBER")]
    pub chunk_size: Option<u32>,
    /// Labels as columns.
    #[command(flatten)]
    pub labels: LabelArgs,
    /// Where computed views come from.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

impl GetArgs {
    /// The type and the names that are meant.
    ///
    /// # Errors
    /// When there is no such type, or the arguments exclude each other.
    pub fn subject(&self) -> Result<(Kind, Vec<String>), Failure> {
        let (kind, first) = self.kind_and_name()?;
        let names: Vec<String> = first.into_iter().chain(self.names.iter().cloned()).collect();
        self.check(kind, names.len())?;
        let names = names.into_iter().map(|name| named(&name, kind)).collect::<Result<_, _>>()?;
        Ok((kind, names))
    }

    fn kind_and_name(&self) -> Result<(Kind, Option<String>), Failure> {
        let unknown = |kind: &str| {
            let failure = Failure::usage(format!("{kind:?} is not a type that get shows; it shows {}, blocks", known_types()));
            let near = nearest(&kind.to_lowercase(), Kind::ALL.map(Kind::friendly).into_iter().chain(["blocks"]).map(str::to_owned));
            near.first().map_or(failure.clone(), |near| failure.hint(format!("did you mean  {}", paste::here(&format!("get {near}")))))
        };
        if self.kind.contains(',') {
            let first = self.kind.split(',').find(|kind| !kind.is_empty()).unwrap_or("approvals");
            return Err(Failure::usage("get shows one type at a time").hint(paste::here(&format!("get {}", paste::quoted(first)))));
        }
        match type_and_name(&self.kind).map_err(Failure::usage)? {
            (Some(kind), name) => Ok((kind, Some(name))),
            (None, kind) => Ok((Kind::named(&kind).ok_or_else(|| unknown(&kind))?, None)),
        }
    }

    fn check(&self, kind: Kind, names: usize) -> Result<(), Failure> {
        let computes = self.source.offline || self.source.at.is_some() || !self.source.files.is_empty() || self.source.config.is_some();
        let asks = matches!(kind, Kind::Approval | Kind::StepApproval);
        let selects = self.selects() || !self.skip_reason.is_empty() || self.needs_review;
        let refused = [
            (computes, "--offline, -f, --at and --config go with targets and blocks, which are computed"),
            (self.awaits_decision() && !asks, "--pending, --expiring and --mine go with approvals and stepapprovals"),
            (!self.skip_reason.is_empty() && kind != Kind::Execution, "--skip-reason goes with executions"),
            (self.needs_review && kind != Kind::Remediation, "--needs-review goes with remediations"),
            (self.needs_review && self.watches(), "--needs-review and --watch exclude each other; status -w follows what needs a person"),
            (self.all_namespaces && names > 0, "a resource cannot be retrieved by name across all namespaces"),
            (selects && names > 0, "names and selectors exclude each other"),
            (self.watches() && names > 1, "only one object can be watched by name"),
        ];
        refused.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, why)| Err(Failure::usage(why)))
    }

    /// Whether the API server is asked for some objects only.
    pub fn selects(&self) -> bool {
        self.selector.is_some() || self.field_selector.is_some() || self.awaits_decision()
    }

    /// Whether only undecided requests are wanted.
    pub fn awaits_decision(&self) -> bool {
        self.pending || self.expiring.is_some() || self.mine
    }

    /// Whether changes are followed.
    pub fn watches(&self) -> bool {
        self.watch || self.watch_only
    }

    /// Which objects the API server is asked for; `chunk` holds where the arguments say nothing.
    pub fn selection(&self, namespace: &str, names: &[String], chunk: u32) -> Selection {
        let pending = self.awaits_decision().then_some("status.decision=");
        let one = names.first().map(|name| format!("metadata.name={name}"));
        let fields: Vec<&str> = self.field_selector.as_deref().into_iter().chain(pending).chain(one.as_deref()).collect();
        Selection {
            namespace: Some(namespace.to_owned()).filter(|_| !self.all_namespaces),
            labels: self.selector.clone(),
            fields: Some(fields.join(",")).filter(|list| !list.is_empty()),
            chunk: self.chunk_size.unwrap_or(chunk),
        }
    }

    /// What is wanted of the objects that the API server sends.
    pub fn wanted(&self) -> Wanted {
        Wanted { expiring: self.expiring, reasons: self.skip_reason.clone(), mine: None, among: None }
    }

    /// Refuses what a computed view has no use for.
    ///
    /// # Errors
    /// When the arguments make no sense with it.
    pub fn check_computed(&self, view: Computed, names: usize) -> Result<(), Failure> {
        self.source.check()?;
        let selects = self.selects();
        let plural = view.plural();
        let refused = [
            (self.awaits_decision(), format!("--pending, --expiring and --mine go with approvals, not with {plural}")),
            (!self.skip_reason.is_empty(), format!("--skip-reason goes with executions, not with {plural}")),
            (self.needs_review, format!("--needs-review goes with remediations, not with {plural}")),
            (self.labels.is_given(), format!("{plural} are computed and have no labels")),
            (self.watches() && self.source.offline, "files do not change; --watch needs a cluster".to_owned()),
            (selects && self.source.offline, "selectors are the API server's; --offline has none".to_owned()),
            (selects && names > 0, "names and selectors exclude each other".to_owned()),
            (self.all_namespaces && names > 0, "a resource cannot be retrieved by name across all namespaces".to_owned()),
        ];
        refused.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, why)| Err(Failure::usage(why)))
    }
}

fn named(text: &str, wanted: Kind) -> Result<String, Failure> {
    match type_and_name(text).map_err(Failure::usage)? {
        (Some(kind), name) if kind != wanted => {
            let alone = paste::here(&format!("get {}", paste::quoted(&format!("{}/{name}", kind.short()))));
            Err(Failure::usage(format!("{text}: get shows one type at a time, and began with {}", wanted.friendly())).hint(alone))
        }
        (_, name) => Ok(name),
    }
}
