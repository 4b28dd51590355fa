use crate::analysis::{Asked, Evidence, Look, Phase, Reply};
use crate::policy::argo::spec::CheckId;
use crate::units::Duration;

/// Which checks of a policy are asked; the others pass every look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// All of them.
    All,
    /// All but this one.
    Without(CheckId),
    /// This one alone.
    Alone(CheckId),
}

impl Among {
    fn asks(self, check: CheckId) -> bool {
        match self {
            Self::All => true,
            Self::Without(other) => check != other,
            Self::Alone(only) => check == only,
        }
    }
}

/// Evidence of which some checks alone are asked.
pub(super) struct Asking<'a, E> {
    pub(super) among: Among,
    pub(super) evidence: &'a mut E,
}

impl<E: Evidence> Evidence for Asking<'_, E> {
    fn ask(&mut self, look: &Look) -> Asked<'_> {
        if self.among.asks(look.check) {
            return self.evidence.ask(look);
        }
        Asked {
            reply: Reply::Verdict(Phase::Successful),
            latency: Duration::ZERO,
        }
    }
}
