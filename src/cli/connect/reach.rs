//! Bounds the wait for an answer, and says which server gave none.

use futures::future::BoxFuture;
use http::Request;
use kube::client::Body;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{BoxError, Layer, Service};

/// The API server could not be talked to.
#[derive(Debug, thiserror::Error)]
#[error("cannot reach {server}")]
pub struct NotReached {
    /// Its URL.
    pub server: String,
    /// Why.
    #[source]
    pub source: BoxError,
}

/// The API server took too long.
#[derive(Debug, thiserror::Error)]
#[error("{server} did not answer within {after:?}")]
pub struct Slow {
    /// Its URL.
    pub server: String,
    /// How long it was waited for.
    pub after: Duration,
}

/// Bounds every request but watches.
#[derive(Clone, Debug)]
pub struct Patience {
    /// The server's URL, for messages.
    pub server: String,
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

impl<S> Service<Request<Body>> for Patient<S>
where
    S: Service<Request<Body>, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let watches = request.uri().query().is_some_and(|query| query.split('&').any(|part| part == "watch=true"));
        let Patience { server, limit } = self.patience.clone();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answered = match limit.filter(|_| !watches) {
                None => answer.await,
                Some(after) => match tokio::time::timeout(after, answer).await {
                    Ok(answered) => answered,
                    Err(_) => return Err(Slow { server, after }.into()),
                },
            };
            // What kube itself reports, for example about credentials, says already what is wrong.
            answered.map_err(|source| if source.is::<kube::Error>() { source } else { NotReached { server, source }.into() })
        })
    }
}
