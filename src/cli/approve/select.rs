//! Which requests a command line means: by name, by labels, all, or those of files.

use super::find::{direct, resolve, within};
use super::request::Request;
use crate::cli::connect::Connected;
use crate::cli::failure::{Attempted, Failure};
use crate::cli::kinds::Kind;
use crate::cli::ledgers::files::{Named, Naming};
use crate::cli::paste;
use crate::cli::read::{self, AT_A_TIME, CHUNK, Selection};
use crate::cli::session::Session;
use futures::StreamExt;
use std::path::PathBuf;

/// Which requests are meant.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct SelectArgs {
    /// Names of requests, of their remediations or runs, also as TYPE/NAME; with -l or --all: aar (the default) or wsar
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Requests with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub selector: Option<String>,
    /// Every request that waits in the namespace
    #[arg(long)]
    pub all: bool,
    /// Of all namespaces; goes with -l or --all
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only requests with these fields, for example spec.plan.targetResource=shop/deployment/cart; goes with -l or --all
    #[arg(long, value_name = "FIELDS")]
    pub field_selector: Option<String>,
    /// Requests of a file; - is standard input. A version in it must still be the request's
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// What was selected, and what could not be.
#[derive(Debug, Default)]
pub struct Selected {
    /// The requests, in the order of the command line.
    pub requests: Vec<Request>,
    /// What was named and cannot be decided about.
    pub failures: Vec<Failure>,
}

impl SelectArgs {
    /// Refuses what does not go together.
    ///
    /// # Errors
    /// A usage error that says what to change.
    pub fn check(&self) -> Result<(), Failure> {
        let empty = |selector: &Option<String>| selector.as_ref().is_some_and(|text| text.trim().is_empty());
        let (lists, files) = (self.lists(), !self.files.is_empty());
        match () {
            () if empty(&self.selector) || empty(&self.field_selector) => {
                Err(Failure::usage("an empty selector would mean everything").hint("say so with --all"))
            }
            () if self.all && self.selector.is_some() => Err(Failure::usage("--all and -l exclude each other")),
            () if files && (lists || !self.names.is_empty()) => Err(Failure::usage("-f goes without names, -l and --all")),
            () if (self.all_namespaces || self.field_selector.is_some()) && !lists => {
                Err(Failure::usage("-A and --field-selector go with -l or --all").hint("a request in another namespace is named with -n"))
            }
            () if lists => self.listed_kind().map(drop),
            () if self.names.is_empty() && !files => Err(Failure::usage("no request is named").hint(format!(
                "name one, or select with -l, --all or -f; see what waits with  {}",
                paste::here("get approvals --pending")
            ))),
            () => Ok(()),
        }
    }

    /// Whether requests are listed, not named.
    pub fn lists(&self) -> bool {
        self.all || self.selector.is_some()
    }

    /// Whether exactly one request is named, as far as that is known before files are read.
    pub fn is_one_name(&self) -> bool {
        !self.lists() && self.files.is_empty() && self.spelt().len() == 1
    }

    /// The kind that is listed: with `-l` and `--all` a bare type may stand in place of names.
    fn listed_kind(&self) -> Result<Kind, Failure> {
        match self.names.as_slice() {
            [] => Ok(Kind::Approval),
            [word] => match Kind::named(word) {
                Some(kind @ (Kind::Approval | Kind::StepApproval)) => Ok(kind),
                _ => Err(Failure::usage(format!("{word}: with -l or --all, name a type (aar, wsar) or nothing"))),
            },
            _ => Err(Failure::usage("names go without -l and --all")),
        }
    }

    /// The names as `TYPE/NAME`, also where they were written `TYPE NAME...`.
    pub fn spelt(&self) -> Vec<String> {
        match self.names.as_slice() {
            [kind, names @ ..] if !names.is_empty() && Kind::named(kind).is_some() && names.iter().all(|name| !name.contains('/')) => {
                names.iter().map(|name| format!("{kind}/{name}")).collect()
            }
            names => names.to_vec(),
        }
    }

    /// Reads what is meant.
    ///
    /// # Errors
    /// When a list or a file cannot be read at all.
    pub async fn read(&self, connected: &Connected, session: &Session) -> Result<Selected, Failure> {
        if self.lists() {
            return self.list(connected).await;
        }
        let wanted =
            if self.files.is_empty() { self.spelt().into_iter().map(Wanted::Name).collect() } else { self.of_files(connected, session)? };
        let reads = wanted.into_iter().map(|wanted| wanted.read(connected));
        let read: Vec<_> = futures::stream::iter(reads).buffered(AT_A_TIME).collect().await;
        let mut selected = Selected::default();
        for one in read {
            match one {
                // Two names may mean one request.
                Ok(request) if selected.requests.iter().any(|known| is_same(known, &request)) => {}
                Ok(request) => selected.requests.push(request),
                Err(failure) => selected.failures.push(failure),
            }
        }
        Ok(selected)
    }

    async fn list(&self, connected: &Connected) -> Result<Selected, Failure> {
        let kind = self.listed_kind()?;
        // The decided ones of a whole namespace are its history.
        let waiting = self.all.then_some("status.decision=");
        let fields: Vec<&str> = self.field_selector.as_deref().into_iter().chain(waiting).collect();
        let selection = Selection {
            namespace: Some(connected.namespace.clone()).filter(|_| !self.all_namespaces),
            labels: self.selector.clone(),
            fields: Some(fields.join(",")).filter(|list| !list.is_empty()),
            chunk: CHUNK,
        };
        let listed = read::list(&connected.client, kind, &selection).await.attempted(|| format!("list {}", kind.friendly()))?;
        let mut selected = Selected::default();
        for seen in listed.items {
            match Request::read(kind, seen) {
                Ok(request) => selected.requests.push(request),
                Err(failure) => selected.failures.push(failure),
            }
        }
        Ok(selected)
    }

    fn of_files(&self, connected: &Connected, session: &Session) -> Result<Vec<Wanted>, Failure> {
        let kinds = [Kind::Approval, Kind::StepApproval];
        let fixed = session.connection.namespace.as_deref();
        let naming = Naming { what: "a request", kinds: &kinds, default: &connected.namespace, fixed };
        Ok(naming.read(&self.files)?.into_iter().map(Wanted::Object).collect())
    }
}

fn is_same(one: &Request, other: &Request) -> bool {
    one.kind() == other.kind() && one.object() == other.object()
}

/// A request that is to be read.
enum Wanted {
    Name(String),
    Object(Named),
}

impl Wanted {
    async fn read(self, connected: &Connected) -> Result<Request, Failure> {
        match self {
            Self::Name(text) => resolve(connected, &text).await,
            Self::Object(Named { kind, namespace, seen }) => {
                let request = direct(&within(connected, &namespace), kind, seen.name()).await?;
                let says = !seen.text("/metadata/resourceVersion").is_empty() || !seen.text("/spec/planHash").is_empty();
                Ok(Request { bound: says.then_some(seen), ..request })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_go_together_is_refused() {
        let args = |line: &str| {
            #[derive(clap::Parser)]
            struct Line {
                #[command(flatten)]
                select: SelectArgs,
            }
            let words = std::iter::once("x").chain(line.split(' ').filter(|word| !word.is_empty()));
            <Line as clap::Parser>::try_parse_from(words).expect("parsed").select
        };
        #[rustfmt::skip]
        let table = [
            ("a name",                          "x",                              None),
            ("several names",                   "x rr/y wsar/z",                  None),
            ("a type, then names",              "aar x y",                        None),
            ("all",                             "--all",                          None),
            ("all steps",                       "wsar --all",                     None),
            ("labels everywhere",               "-l a=b -A",                      None),
            ("fields of labelled ones",         "-l a=b --field-selector c=d",    None),
            ("files",                           "-f a -f -",                      None),
            ("nothing",                         "",                               Some("no request is named")),
            ("a name everywhere",               "x -A",                           Some("-A and --field-selector go with")),
            ("fields alone",                    "--field-selector a=b",           Some("-A and --field-selector go with")),
            ("names and labels",                "x -l a=b",                       Some("x: with -l or --all")),
            ("names and all",                   "x y --all",                      Some("names go without")),
            ("runs are not listed",             "wfe --all",                      Some("wfe: with -l or --all")),
            ("all and labels",                  "--all -l a=b",                   Some("exclude each other")),
            ("an empty selector",               "-l=",                            Some("an empty selector")),
            ("a file and a name",               "x -f a",                         Some("-f goes without")),
            ("a file and all",                  "--all -f a",                     Some("-f goes without")),
        ];
        for (case, line, expected) in table {
            let said = args(line).check().err().map(|failure| failure.message);
            assert_eq!(said.is_some(), expected.is_some(), "{case}: {said:?}");
            assert!(said.unwrap_or_default().contains(expected.unwrap_or_default()), "{case}");
        }
        assert!(args("x").is_one_name() && args("aar x").is_one_name() && !args("aar x y").is_one_name() && !args("--all").is_one_name());
        assert_eq!(args("aar x y").spelt(), ["aar/x", "aar/y"]);
    }
}
