//! Bounds the wait for an answer, and says which server gave none.

use crate::cli::failure::Failure;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::{Body as AnyBody, Frame};
use kube::client::Body;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tower::{BoxError, Layer, Service};

/// The API server could not be talked to.
#[derive(Debug, thiserror::Error)]
#[error("cannot reach {server}")]
pub struct NotReached {
    /// Its URL.
    pub server: String,
    /// Whether nothing said that it is there.
    pub guessed: bool,
    /// Why.
    #[source]
    pub source: BoxError,
}

/// The API server took too long.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{server} did not answer within {after:?}")]
pub struct Slow {
    /// Its URL.
    pub server: String,
    /// How long it was waited for.
    pub after: Duration,
}

/// Bounds every request but watches, from asking to the last byte of the answer.
///
/// kubectl's `--request-timeout` ends watches, too; here it does not.
#[derive(Clone, Debug)]
pub struct Patience {
    /// The server's URL, for messages.
    pub server: String,
    /// Whether nothing said that it is there.
    pub guessed: bool,
    /// How long to wait for an answer; for ever when absent.
    pub limit: Option<Duration>,
}

impl<S> Layer<S> for Patience {
    type Service = Patient<S>;

    fn layer(&self, inner: S) -> Patient<S> {
        Patient { inner, patience: self.clone() }
    }
}

/// A service behind [`Patience`].
#[derive(Clone, Debug)]
pub struct Patient<S> {
    inner: S,
    patience: Patience,
}

impl<S, B> Service<Request<Body>> for Patient<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
    S::Future: Send + 'static,
    B: 'static,
{
    type Response = Response<Bounded<B>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let watches = request.uri().query().is_some_and(|query| query.split('&').any(|part| matches!(part, "watch=true" | "watch=1")));
        let Patience { server, guessed, limit } = self.patience.clone();
        let answer = self.inner.call(request);
        let bound = limit.filter(|_| !watches).map(|after| (Instant::now() + after, Slow { server: server.clone(), after }));
        Box::pin(async move {
            let answered = match &bound {
                None => answer.await,
                Some((until, slow)) => match tokio::time::timeout_at(*until, answer).await {
                    Ok(answered) => answered,
                    Err(_) => return Err(slow.clone().into()),
                },
            };
            let told = |source: BoxError| {
                // What kube or a plugin reports, for example about credentials, says already what is wrong.
                let known = source.is::<kube::Error>() || source.is::<Failure>();
                if known { source } else { NotReached { server, guessed, source }.into() }
            };
            answered.map(|answer| answer.map(|body| Bounded::new(body, bound))).map_err(told)
        })
    }
}

/// A body that must have ended by a deadline.
pub struct Bounded<B> {
    body: Pin<Box<B>>,
    deadline: Option<(Pin<Box<Sleep>>, Slow)>,
}

impl<B> Bounded<B> {
    fn new(body: B, bound: Option<(Instant, Slow)>) -> Self {
        let deadline = bound.map(|(until, slow)| (Box::pin(tokio::time::sleep_until(until)), slow));
        Self { body: Box::pin(body), deadline }
    }
}

impl<B> AnyBody for Bounded<B>
where
    B: AnyBody,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        if let Some((sleep, slow)) = &mut self.deadline
            && sleep.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(Err(slow.clone().into())));
        }
        self.body.as_mut().poll_frame(cx).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
