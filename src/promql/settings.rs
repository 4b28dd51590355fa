use crate::units::Duration;

/// Which generation of Prometheus answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// 2.42: windows closed on both sides, a sample exactly one lookback old still counts, `rate` looks at zero
    /// before it looks at the limit of extrapolation, `sum` and `avg` add plainly.
    V2,
    /// 3.14, a default server (no delayed name removal).
    #[default]
    V3,
}

/// What a Prometheus server is configured with, as far as answers depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The generation.
    pub compat: Compat,
    /// How old the newest sample of a series may be.
    pub lookback: Duration,
    /// The grid of a subquery that names none (the server's evaluation interval).
    pub default_step: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            compat: Compat::V3,
            lookback: Duration::from_mins(5),
            default_step: Duration::from_mins(1),
        }
    }
}
