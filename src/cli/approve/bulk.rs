//! Decides several requests: what will change, one question, and a count of how it went.

use super::fields::Fields;
use super::request::{Question, Request};
use super::select::Selected;
use super::standing::{Standing, judge, judge_listed};
use super::survey::{Depth, survey};
use super::{Done, Job, Verb, show};
use crate::cli::dry_run::DryRun;
use crate::cli::failure::{Exit, Failure, Reason};
use crate::cli::output::Table;
use crate::cli::output::text::one_line;
use crate::cli::prompt::{Answer, columns, line};

/// What a person said to all of them.
enum Said {
    Yes,
    No,
    Interrupted,
}

impl Job<'_> {
    /// Decides every request that can be decided, past failures. Returns those that were decided, or were so already and were named.
    ///
    /// # Errors
    /// When the terminal cannot be used, or nobody reads the output.
    pub async fn several(&mut self, selected: Selected) -> anyhow::Result<(Exit, Vec<Request>)> {
        let Selected { requests, mut failures } = selected;
        let mut done = Vec::new();
        let mut open = Vec::new();
        for request in requests {
            match self.stands(&request) {
                Ok(Standing::Open) => open.push(request),
                Ok(Standing::Unchanged(how)) => done.push(Done { request, changed: false, remark: format!("unchanged ({how})") }),
                Err(failure) => failures.push(failure),
            }
        }
        failures.iter().for_each(|failure| self.tell_failure(failure));
        if (!self.asks_nobody() || self.lacks_reason()) && !open.is_empty() {
            let (permitted, refused) = self.permitted(open).await;
            refused.iter().for_each(|failure| self.tell_failure(failure));
            failures.extend(refused);
            open = permitted;
        }
        if self.lacks_reason() && !open.is_empty() && !self.reasoned().await? {
            return Ok((Exit::Interrupted, Vec::new()));
        }
        match self.all_confirmed(&open).await? {
            Said::Interrupted => return Ok((Exit::Interrupted, Vec::new())),
            Said::No => {
                self.session.voice.tell("nothing is written");
                return Ok((Exit::Failed, Vec::new()));
            }
            Said::Yes => {}
        }
        for request in open {
            match self.decided(request).await {
                Ok(one) => done.push(one),
                Err(failure) => {
                    self.tell_failure(&failure);
                    failures.push(failure);
                }
            }
        }
        let exit = self.sum_up(&done, &failures)?;
        let named = !self.args.select.lists();
        Ok((exit, done.into_iter().filter(|one| one.changed || named).map(|one| one.request).collect()))
    }

    fn stands(&self, request: &Request) -> Result<Standing, Failure> {
        self.still_bound(request)?;
        let judge = if self.args.select.lists() { judge_listed } else { judge };
        judge(request, self.verb, &self.who, self.session.now())
    }

    /// Shows what will change and has the count typed.
    async fn all_confirmed(&self, open: &[Request]) -> anyhow::Result<Said> {
        if open.is_empty() {
            return Ok(Said::Yes);
        }
        let voice = &self.session.voice;
        if self.asks_nobody() {
            let notes = self.notes(open, Depth::Ledgers).await;
            match self.args.dry_run {
                DryRun::None => noted(open, &notes).iter().for_each(|note| voice.tell(note)),
                _ if self.args.output.format().is_for_machines() => {}
                _ => voice.tell(self.picture(open, &notes, columns()).trim_end()),
            }
            return Ok(Said::Yes);
        }
        let notes = self.notes(open, Depth::Everything).await;
        voice.tell(&show::identity(&self.who, &self.connected.context));
        voice.tell(self.picture(open, &notes, columns()).trim_end());
        let (count, what) = (open.len(), if open.len() == 1 { "request" } else { "requests" });
        Ok(match line(&format!("Type {count} to {} {count} {what}", self.verb.word())).await? {
            Answer::Interrupted => Said::Interrupted,
            Answer::Line(typed) if typed == count.to_string() => Said::Yes,
            Answer::Line(_) => Said::No,
        })
    }

    /// What a person should know of each target before approving; a rejection is safe whatever stands there.
    async fn notes(&self, open: &[Request], depth: Depth) -> Vec<Vec<String>> {
        match self.verb {
            Verb::Approve => survey(open, depth, self.connected, self.session).await,
            Verb::Reject => vec![Vec::new(); open.len()],
        }
    }

    /// A row for each request, and below it what it will write, and what is known of its target.
    fn picture(&self, open: &[Request], notes: &[Vec<String>], columns: usize) -> String {
        let mut table = Table::new(&["NAME", "TARGET", "CONFIDENCE", "EXPIRES"]);
        for request in open {
            let (target, score) = match &request.question {
                Question::Plan(spec) => (spec.plan.target_resource.clone(), format!("{}%", spec.investigation.confidence_score)),
                Question::Step(spec) => (format!("a step of wfe/{}", spec.workflow_execution_ref.name), "-".to_owned()),
            };
            let expires = request.seen.deadline().map(|deadline| self.session.times.until(deadline, self.session.now()));
            let name = if self.args.select.all_namespaces { request.object() } else { request.seen.name().to_owned() };
            table.add(vec![name, target, score, expires.unwrap_or_default()]);
        }
        let mut rows = table.lines(&self.session.look, true).into_iter();
        let mut lines: Vec<String> = rows.next().into_iter().collect();
        for ((row, request), notes) in rows.zip(open).zip(notes) {
            let mut fields = Fields::within(Some(columns));
            changes(request).iter().for_each(|change| fields.more(change));
            notes.iter().for_each(|note| fields.add("Note", note));
            lines.extend([row, fields.into_text().trim_end().to_owned()]);
        }
        lines.join("\n") + "\n"
    }

    async fn decided(&self, request: Request) -> Result<Done, Failure> {
        match self.write(&request).await {
            Err(failure) if failure.reason == Reason::Conflict => {
                let now = self.look_again(&request, failure, true).await?;
                match judge(&now, self.verb, &self.who, self.session.now())? {
                    Standing::Unchanged(how) => Ok(Done { request: now, changed: false, remark: format!("unchanged ({how})") }),
                    Standing::Open => Err(super::standing::refusal(&now, Reason::Conflict, self.verb, "it changed meanwhile")),
                }
            }
            written => written,
        }
    }

    fn tell_failure(&self, failure: &Failure) {
        let machine = self.args.output.format().is_for_machines();
        let text = if machine { failure.as_json() } else { failure.as_text(self.session.look.err.color) };
        self.session.voice.tell(&text);
    }

    fn sum_up(&self, done: &[Done], failures: &[Failure]) -> anyhow::Result<Exit> {
        let exit = self.tell(done)?;
        let changed = done.iter().filter(|one| one.changed).count();
        let counts = [(changed, self.verb.past()), (done.len().saturating_sub(changed), "unchanged"), (failures.len(), "failed")];
        let parts: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        self.session.voice.tell(&format!("{}{}", parts.join(", "), self.args.dry_run.remark()));
        Ok(match (done, failures) {
            (_, []) => exit,
            ([], [first, rest @ ..]) if rest.iter().all(|failure| failure.exit == first.exit) => first.exit,
            ([], _) => Exit::Failed,
            _ => Exit::Mixed,
        })
    }
}

/// The notes, where nobody is asked: each names its request.
fn noted(open: &[Request], notes: &[Vec<String>]) -> Vec<String> {
    let of = |(request, notes): (&Request, &Vec<String>)| {
        notes.iter().map(|note| one_line(&format!("note: {}: {note}", request.object()))).collect::<Vec<_>>()
    };
    open.iter().zip(notes).flat_map(of).collect()
}

/// What a request will write, a line each.
fn changes(request: &Request) -> Vec<String> {
    match &request.question {
        Question::Step(spec) => {
            let step = crate::api::Step {
                step_number: spec.step_number,
                action: spec.action.clone(),
                parameters: spec.parameters.clone(),
                ..crate::api::Step::default()
            };
            vec![show::of_step(&step)]
        }
        Question::Plan(spec) => {
            let each = spec.plan.steps.iter().flat_map(|step| {
                let writes = step.writes.iter().map(|write| format!("- {}", show::of_write(write)));
                std::iter::once(show::of_step(step)).chain(writes)
            });
            each.collect()
        }
    }
}
