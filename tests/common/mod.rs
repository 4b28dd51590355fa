//! What several test files share.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::print_stdout, reason = "a skip is said aloud")]

use std::path::PathBuf;

/// A file or folder of the facts that live beside the checkout, or `None`, said aloud, where they are absent.
///
/// # Panics
///
/// If it is absent and `COALMINE_REQUIRE_SHARED=1`.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(path);
    if found.exists() {
        return Some(found);
    }
    let required = std::env::var("COALMINE_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(
        !required,
        "{path} is required (COALMINE_REQUIRE_SHARED=1) and not beside the checkout"
    );
    println!("skipped: {path} is not beside the checkout");
    None
}

/// Whether a program is installed; said aloud where it is not.
///
/// # Panics
///
/// If it is not and `COALMINE_REQUIRE_SHARED=1`.
pub fn program(name: &str) -> bool {
    let found = std::process::Command::new(name).arg("--version").output().is_ok();
    let required = std::env::var("COALMINE_REQUIRE_SHARED").is_ok_and(|value| value == "1");
    assert!(
        found || !required,
        "{name} is required (COALMINE_REQUIRE_SHARED=1) and not installed"
    );
    if !found {
        println!("skipped: there is no {name}");
    }
    found
}

/// A canary of one background check, `errors`, that looks every minute from the third on: its condition, and its provider on
/// one line. The template has the arguments `service` (the canary's) and `window` (2m).
pub fn one_check(condition: &str, provider: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: shop}}}}
  template: {{metadata: {{labels: {{app: shop}}}}}}
  strategy:
    canary:
      canaryService: shop-canary
      stableService: shop-stable
      trafficRouting: {{nginx: {{stableIngress: shop}}}}
      analysis: {{templates: [{{templateName: t}}], args: [{{name: service, value: shop-canary}}]}}
      steps:
        - setWeight: 20
        - pause: {{duration: 20m}}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{name: t}}
spec:
  args: [{{name: service}}, {{name: window, value: 2m}}]
  metrics:
    - name: errors
      interval: 1m
      initialDelay: 3m
      {condition}
      provider:
        {provider}
"
    )
}
