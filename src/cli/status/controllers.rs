//! What an overview says of the controllers: whether any work, and by which limits it answers for them. One read of their lease tells both.

use super::place;
use crate::cli::check::lease;
use crate::cli::connect::Connected;
use crate::cli::in_force::InForce;
use crate::cli::paste;
use crate::cli::session::Session;
use crate::rules::stuck;
use crate::settings::Gate;

/// What is known of the controllers.
pub struct Controllers {
    idle: Option<String>,
    in_force: InForce,
}

impl Controllers {
    /// Reads their lease. Who may not is told nothing of them, and is answered by the usual settings.
    pub async fn look(connected: &Connected, session: &Session) -> Self {
        let read = lease::read(connected, session.now()).await.ok();
        Self { idle: read.as_ref().and_then(|read| read.held().idle()), in_force: InForce::published(read.as_ref()) }
    }

    /// The limits they go by, as far as they are known.
    pub fn gate(&self) -> &Gate {
        &self.in_force.settings.gate
    }

    /// Says that none work, and what that holds up in the namespace, or in all.
    pub async fn tell_idle(&self, namespace: Option<&str>, session: &Session, connected: &Connected) {
        let Some(idle) = &self.idle else { return };
        session.voice.tell(&format!("note: {idle}"));
        match place::kept(connected, namespace).await {
            0 => {}
            kept => session.voice.tell(&format!("note: {}", stuck::kept(kept, &paste::ours("run-controllers --once")))),
        }
    }

    /// Says that nobody knows their limits; `place` is what a command must add to ask about the same.
    pub fn tell_guessed(&self, place: &str, session: &Session) {
        let ask = paste::ours(&format!("get targets{place} --config FILE"));
        self.in_force.say_and("settings", &format!("ask with their file:  {ask}"), session);
    }
}
