use serde::{Deserialize, Serialize};

/// An endpoint of the service, where it matters that it is not like the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// Its name, as labels show it: `/checkout`.
    pub name: String,
    /// So large a part of the requests asks for it.
    pub part: f64,
    /// The same of the canary's requests, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_canary: Option<f64>,
    /// Its requests take this many times as long as the service's, on both versions.
    #[serde(default = "usual", skip_serializing_if = "is_usual")]
    pub latency: f64,
    /// Its failed requests per request when nothing is wrong; absent: the service's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<f64>,
}

impl Route {
    /// What the label of routes says of requests for none of those that are told apart.
    pub const OTHER: &str = "other";

    /// Parts of the requests on the canary and on the stable version.
    pub fn parts(&self) -> [f64; 2] {
        [self.on_canary.unwrap_or(self.part), self.part]
    }
}

impl Default for Route {
    fn default() -> Self {
        Self {
            name: String::new(),
            part: 0.0,
            on_canary: None,
            latency: 1.0,
            errors: None,
        }
    }
}

fn usual() -> f64 {
    1.0
}

fn is_usual(factor: &f64) -> bool {
    *factor == 1.0
}
