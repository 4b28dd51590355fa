use crate::controller::argo::Event;
use crate::units::{Share, Timestamp};

/// Something that happened in a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Happening {
    /// The controller did something.
    Controller(Event),
    /// Traffic follows: the canary's real share from this moment on.
    ShareIs(Timestamp, Share),
    /// From this moment on this part of all requests is copied to the canary as well. Nobody waits for their answers.
    Copied(Timestamp, Share),
    /// An outage begins or ends: users are sent to a version without an available pod.
    Outage(Timestamp, bool),
    /// The trial ended here.
    Horizon(Timestamp),
}

impl Happening {
    /// When.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Controller(event) => event.at,
            Self::ShareIs(at, _) | Self::Copied(at, _) | Self::Outage(at, _) | Self::Horizon(at) => *at,
        }
    }
}

/// Who listens to a trial. `()` hears nothing and costs nothing.
pub trait Listener {
    /// Something happened.
    fn hear(&mut self, happening: Happening);
}

impl Listener for () {
    fn hear(&mut self, _: Happening) {}
}

/// The whole story.
impl Listener for Vec<Happening> {
    fn hear(&mut self, happening: Happening) {
        self.push(happening);
    }
}
