//! Moves one AIAnalysis forward: investigates, plans, judges the confidence, asks a person.
//!
//! Writes: the status of AIAnalysis; AIApprovalRequests, and of their decisions only `Expired`, `Superseded` and the one `decidedAt`.
//! Relies on nobody else writing the analysis, and on people writing only decisions.

mod approving;
pub mod planning;

use super::context::{Ctx, Error, Next};
use super::objects::{put_status, seen_or_live};
use super::stores::Stores;
use crate::actions::cluster::Cluster;
use crate::analysts::{Analyst, Case};
use crate::api::{AIAnalysis, AIAnalysisStatus, AnalysisPhase, ProcessingPhase, RemediationProcessingStatus};
use crate::permissions::Rule;
use std::sync::Arc;
use std::time::Duration;

/// What this controller needs.
pub const RULES: &[Rule] = &[
    Rule { groups: &["kubernaut.ai"], resources: &["aianalyses"], verbs: &["get", "list", "watch"] },
    Rule { groups: &["kubernaut.ai"], resources: &["aianalyses/status"], verbs: &["update"] },
    Rule { groups: &["kubernaut.ai"], resources: &["aiapprovalrequests"], verbs: &["get", "list", "watch", "create"] },
    Rule { groups: &["kubernaut.ai"], resources: &["aiapprovalrequests/status"], verbs: &["update", "patch"] },
    Rule { groups: &["kubernaut.ai"], resources: &["remediationrequests", "remediationprocessings"], verbs: &["get"] },
];

/// How long a view of the context may lag before it is looked at again.
const LAG: Duration = Duration::from_secs(1);

/// Moves an analysis forward by one decision.
pub async fn reconcile(analysis: Arc<AIAnalysis>, ctx: Ctx, stores: Arc<Stores>, analyst: Arc<dyn Analyst>) -> Result<Next, Error> {
    match analysis.phase() {
        AnalysisPhase::Pending | AnalysisPhase::Investigating | AnalysisPhase::Recommending => {
            investigate(&analysis, &ctx, &stores, analyst.as_ref()).await
        }
        AnalysisPhase::Approving => approving::reconcile(&analysis, &ctx, &stores).await,
        AnalysisPhase::Completed | AnalysisPhase::Rejected | AnalysisPhase::Failed => approving::stamp(&analysis, &ctx, &stores).await,
    }
}

async fn investigate(analysis: &AIAnalysis, ctx: &Ctx, stores: &Stores, analyst: &dyn Analyst) -> Result<Next, Error> {
    if approving::request_is_over(analysis, ctx, stores).await? {
        let ended = approving::superseded(analysis.status.clone().unwrap_or_default());
        return write(analysis, ended, ctx).await;
    }
    let reference = &analysis.spec.context_ref;
    let processing = seen_or_live(ctx, &stores.processings, &reference.namespace, &reference.name).await?;
    let processed = processing.filter(|processing| processing.phase() == ProcessingPhase::Completed);
    let Some(context) = processed.and_then(|processing| processing.status.clone()) else { return Ok(Next::After(LAG)) };
    let status = conclude(analysis, context, ctx, analyst).await?;
    write(analysis, status, ctx).await
}

async fn conclude(
    analysis: &AIAnalysis,
    context: RemediationProcessingStatus,
    ctx: &Ctx,
    analyst: &dyn Analyst,
) -> Result<AIAnalysisStatus, Error> {
    let case = Case { analysis: analysis.spec.clone(), context };
    let proposal = analyst.investigate(&case).await.map_err(|error| Error::Malformed(error.to_string()))?;
    let cluster = Cluster::new(ctx.client.clone());
    Ok(planning::conclude(&case, &proposal, &cluster, &ctx.settings.approval, ctx.clock.now()).await?)
}

async fn write(analysis: &AIAnalysis, status: AIAnalysisStatus, ctx: &Ctx) -> Result<Next, Error> {
    put_status(ctx, &AIAnalysis { status: Some(status), ..analysis.clone() }).await?;
    Ok(Next::Change)
}
