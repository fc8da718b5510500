//! Decides several requests: one table, one question, and a count of how it went.

use super::request::{Request, resolve};
use super::standing::{Standing, judge};
use super::{DecideArgs, Done, Job, Verb, whoami};
use crate::cli::connect::Connected;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Table;
use crate::cli::prompt::{Answer, line};
use crate::cli::session::Session;

/// Decides every request that can be decided, past failures.
pub async fn decide(
    verb: Verb,
    args: &DecideArgs,
    reason: Option<String>,
    session: &Session,
    connected: &Connected,
) -> anyhow::Result<(Exit, Vec<Request>)> {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in &args.names {
        match resolve(connected, name).await {
            Ok(request) => found.push(request),
            Err(failure) => failures.push(failure),
        }
    }
    let job = Job { verb, args, reason, session, connected, who: whoami(connected).await? };
    super::tell_impersonation(&job.who, session, connected);
    let open = found.iter().filter(|request| judge(request, verb, &job.who, session.now()) == Ok(Standing::Open));
    match job.all_confirmed(&open.collect::<Vec<_>>()).await? {
        Answer::Interrupted => return Ok((Exit::Interrupted, Vec::new())),
        Answer::Line(problem) if !problem.is_empty() => {
            session.voice.tell(&problem);
            return Ok((Exit::Failed, Vec::new()));
        }
        Answer::Line(_) => {}
    }
    let mut done = Vec::new();
    for request in found {
        match job.confirmed_one(request).await {
            Ok(one) => done.push(one),
            Err(failure) => failures.push(failure),
        }
    }
    job.sum_up(&done, &failures).map(|exit| (exit, done.into_iter().map(|one| one.request).collect()))
}

impl Job<'_> {
    /// Shows what will change and has the count typed; an empty line means go on.
    async fn all_confirmed(&self, open: &[&Request]) -> anyhow::Result<Answer> {
        if self.args.yes || self.args.dry_run != "none" || open.is_empty() {
            return Ok(Answer::Line(String::new()));
        }
        let mut table = Table::new(&["NAME", "TARGET", "WORKFLOW", "STEPS", "CONFIDENCE"]);
        for request in open {
            let spec = &request.typed.spec;
            let (name, target) = (request.seen.name().to_owned(), spec.plan.target_resource.clone());
            let (steps, score) = (spec.plan.steps.len().to_string(), format!("{}%", spec.investigation.confidence_score));
            table.add(vec![name, target, spec.plan.workflow_id.clone(), steps, score]);
        }
        let voice = &self.session.voice;
        voice.tell(&super::show::identity(&self.who, &self.connected.context));
        table.lines(&self.session.look, true).iter().for_each(|row| voice.tell(row));
        let count = open.len();
        let question = format!("Type {count} to {} {count} requests", self.verb.word());
        Ok(match line(&question).await? {
            Answer::Interrupted => Answer::Interrupted,
            Answer::Line(typed) if typed == count.to_string() => Answer::Line(String::new()),
            Answer::Line(_) => Answer::Line("nothing is written".to_owned()),
        })
    }

    async fn confirmed_one(&self, request: Request) -> Result<Done, Failure> {
        match judge(&request, self.verb, &self.who, self.session.now())? {
            Standing::Unchanged(how) => Ok(Done { request, changed: false, remark: format!("unchanged ({how})") }),
            Standing::Open => self.write(&request).await,
        }
    }

    fn sum_up(&self, done: &[Done], failures: &[Failure]) -> anyhow::Result<Exit> {
        let exit = self.tell(done)?;
        let machine = self.args.output.format().is_for_machines();
        for failure in failures {
            let text = if machine { failure.as_json() } else { failure.as_text(self.session.look.err.color) };
            self.session.voice.tell(&text);
        }
        let changed = done.iter().filter(|one| one.changed).count();
        let counts = [(changed, self.verb.past()), (done.len().saturating_sub(changed), "unchanged"), (failures.len(), "failed")];
        let parts: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        self.session.voice.tell(&parts.join(", "));
        Ok(match (done, failures) {
            (_, []) => exit,
            ([], [first, rest @ ..]) if rest.iter().all(|failure| failure.exit == first.exit) => first.exit,
            ([], _) => Exit::Failed,
            _ => Exit::Mixed,
        })
    }
}
