//! Tokens that change while we run: read from a file, or given by a plugin for a while.

use super::plugin::{Credential, Plugin};
use super::wrong;
use crate::cli::failure::Failure;
use crate::clock::Clock;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::Mutex;
use tower::{BoxError, Layer, Service, ServiceExt};

/// A file is read again after this long, as kubectl does.
const FILE_LASTS: SignedDuration = SignedDuration::from_secs(50);

/// Where the token comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file; trailing white space does not count.
    File(PathBuf),
    /// A plugin.
    Plugin(Box<Plugin>),
}

/// Gives every request the token that is valid now.
#[derive(Clone)]
pub struct Bearer {
    source: Source,
    clock: Clock,
    held: Arc<Mutex<Held>>,
}

struct Held {
    header: HeaderValue,
    until: Option<Timestamp>,
}

impl Bearer {
    /// Reads the token once.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn from_file(path: PathBuf) -> Result<Self, Failure> {
        let clock = Clock::system();
        let held = read(&path, &clock)?;
        Ok(Self { source: Source::File(path), clock, held: Arc::new(Mutex::new(held)) })
    }

    /// Starts with what the plugin just gave; `None` when that is no token.
    ///
    /// # Errors
    /// When the token cannot stand in a header.
    pub fn from_plugin(plugin: Plugin, first: &Credential) -> Result<Option<Self>, Failure> {
        let Some(held) = held_of(first)? else { return Ok(None) };
        Ok(Some(Self { source: Source::Plugin(Box::new(plugin)), clock: Clock::system(), held: Arc::new(Mutex::new(held)) }))
    }

    async fn header(&self) -> Result<HeaderValue, Failure> {
        let mut held = self.held.lock().await;
        if held.until.is_some_and(|until| self.clock.now() >= until) {
            match self.fresh().await {
                Ok(fresh) => *held = fresh,
                // A file that went away leaves its last token, as with kubectl.
                Err(_) if matches!(self.source, Source::File(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(held.header.clone())
    }

    async fn fresh(&self) -> Result<Held, Failure> {
        match self.source.clone() {
            Source::File(path) => read(&path, &self.clock),
            Source::Plugin(plugin) => {
                let ran = tokio::task::spawn_blocking(move || plugin.run()).await;
                let given = ran.map_err(|error| wrong(error.to_string()))??;
                held_of(&given)?.ok_or_else(|| wrong("the credential plugin gave a token before, and none now"))
            }
        }
    }

    /// The server does not take the token: the next request gets a new one.
    async fn refused(&self) {
        self.held.lock().await.until = Some(Timestamp::MIN);
    }
}

fn read(path: &PathBuf, clock: &Clock) -> Result<Held, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot read the token in {}: {error}", path.display())))?;
    let until = clock.now().checked_add(FILE_LASTS).ok();
    Ok(Held { header: header(text.trim())?, until })
}

fn held_of(given: &Credential) -> Result<Option<Held>, Failure> {
    let header = given.token.as_deref().map(header).transpose()?;
    Ok(header.map(|header| Held { header, until: given.expires }))
}

fn header(token: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| wrong("the token has characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl<S> Layer<S> for Bearer {
    type Service = WithBearer<S>;

    fn layer(&self, inner: S) -> WithBearer<S> {
        WithBearer { inner: Arc::new(Mutex::new(inner)), bearer: self.clone() }
    }
}

/// A service behind [`Bearer`]. Shared, because it is asked only once the token is there.
#[derive(Clone)]
pub struct WithBearer<S> {
    inner: Arc<Mutex<S>>,
    bearer: Bearer,
}

impl<S, B> Service<Request<Body>> for WithBearer<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let (inner, bearer) = (self.inner.clone(), self.bearer.clone());
        Box::pin(async move {
            request.headers_mut().insert(AUTHORIZATION, bearer.header().await?);
            let answer = inner.lock().await.ready().await?.call(request);
            let answer = answer.await?;
            if answer.status() == StatusCode::UNAUTHORIZED {
                bearer.refused().await;
            }
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_file_is_read_again_and_its_last_token_kept() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "one\n").unwrap();
        let bearer = Bearer::from_file(file.path().to_owned()).unwrap();
        let now = async || bearer.header().await.unwrap().to_str().unwrap().to_owned();
        assert_eq!(now().await, "Bearer one");
        std::fs::write(file.path(), "two").unwrap();
        assert_eq!(now().await, "Bearer one");
        bearer.clock.advance(SignedDuration::from_secs(61));
        assert_eq!(now().await, "Bearer two");
        std::fs::write(file.path(), "three").unwrap();
        bearer.refused().await;
        assert_eq!(now().await, "Bearer three");
        file.close().unwrap();
        bearer.clock.advance(SignedDuration::from_secs(61));
        assert_eq!(now().await, "Bearer three");
    }

    #[tokio::test]
    async fn a_token_that_the_server_refuses_is_not_sent_again() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "one").unwrap();
        let sent = Arc::<std::sync::Mutex<Vec<String>>>::default();
        let kept = sent.clone();
        let inner = tower::service_fn(move |request: Request<Body>| {
            let token = request.headers().get(AUTHORIZATION).unwrap().to_str().unwrap().to_owned();
            let code = if token == "Bearer one" { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
            kept.lock().unwrap().push(token);
            std::future::ready(Ok::<_, BoxError>(Response::builder().status(code).body(()).unwrap()))
        });
        let mut service = Bearer::from_file(file.path().to_owned()).unwrap().layer(inner);
        for code in [401, 200, 200] {
            let answer = service.call(Request::new(Body::empty())).await.unwrap();
            assert_eq!(answer.status(), code);
            std::fs::write(file.path(), "two").unwrap();
        }
        assert_eq!(*sent.lock().unwrap(), ["Bearer one", "Bearer two", "Bearer two"]);
    }
}
