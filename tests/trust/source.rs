//! Recordings that services are fitted to, and how they are read.

use std::path::{Path, PathBuf};

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Request, Source};
use coalmine::recording::{self, Keep, Recording};
use coalmine::report::fit::{self, Part};
use coalmine::trust::{Fitted, fitted};

use crate::common::shared;

/// A recording and the service that is fitted to it.
pub struct Fit {
    /// Name of the file in `scenarios/fitted`.
    pub name: &'static str,
    /// What it is, whose, and under which licence.
    pub about: &'static str,
    /// Where it lies.
    pub at: At,
    /// The policy that says which of its metrics are meant.
    pub policy: &'static str,
    /// What it is asked for.
    pub parts: &'static [Part],
}

/// Where a recording lies.
pub enum At {
    /// In this checkout.
    Here(&'static str),
    /// Beside it.
    Shared(&'static str),
}

pub const FITS: [Fit; 5] = [
    Fit {
        name: "nginx-plus-status",
        about: "The public front end of nginx.org, 42 minutes of 31 October 2015: status counters that NGINX gave to\n\
                # github.com/elastic/examples (6d86454), Apache-2.0, see data/nginx-plus-status/README.md.",
        at: At::Here("data/nginx-plus-status"),
        policy: "data/nginx-plus-status/canary.yaml",
        parts: &Part::ALL,
    },
    Fit {
        name: "highload-deploys",
        about: "An online shop of a course on systems under load, redeployed and load-tested again and again: a Prometheus\n\
                # in github.com/andrsuh/high-load-course (950aaa5, bb3301f), Apache-2.0, see data/highload-deploys/README.md.",
        at: At::Here("data/highload-deploys"),
        policy: "data/highload-deploys/canary.yaml",
        parts: &Part::ALL,
    },
    Fit {
        name: "prometheus-api",
        about: "How long a Prometheus 2.34 took for its own HTTP requests, March 2022: blocks in github.com/timescale/promscale\n\
                # (6ee8545, pkg/tests/testdata), Apache-2.0. Buckets alone: its traffic is its own scrapes of itself.",
        at: At::Shared("data/tsdb-block/promscale"),
        policy: "scenarios/fitted/policies/prometheus-api.yaml",
        parts: &[Part::Latency],
    },
    Fit {
        name: "llm-code",
        about: "How requests arrive at a service that writes code, an hour of 16 November 2023: Microsoft, Azure LLM inference\n\
                # trace 2023 (github.com/Azure/AzurePublicDataset at b469a11), CC-BY-4.0; times were cut to milliseconds and\n\
                # counted every 5 s. Arrivals alone: no status, no latency, no scrapes of a Prometheus.",
        at: At::Shared("data/azure-llm-arrivals"),
        policy: "scenarios/fitted/policies/llm-code.yaml",
        parts: &[Part::Traffic],
    },
    Fit {
        name: "llm-conversation",
        about: "How requests arrive at a service that converses, an hour of 16 November 2023: Microsoft, Azure LLM inference\n\
                # trace 2023 (github.com/Azure/AzurePublicDataset at b469a11), CC-BY-4.0; times were cut to milliseconds and\n\
                # counted every 5 s. Arrivals alone: no status, no latency, no scrapes of a Prometheus.",
        at: At::Shared("data/azure-llm-arrivals"),
        policy: "scenarios/fitted/policies/llm-conv.yaml",
        parts: &[Part::Traffic],
    },
];

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A policy's document.
pub fn policy(path: &str) -> Documents {
    let mut documents = Documents::default();
    documents.add(
        path,
        std::fs::read_to_string(root().join(path)).expect("it is there"),
    );
    documents
}

/// A recording that was read.
pub struct Opened {
    pub recording: Recording,
    pub source: Source,
}

/// Reads a recording; `None`, said aloud, where it is not beside the checkout.
pub fn open(at: &At) -> Option<Opened> {
    let path = match at {
        At::Here(path) => root().join(path),
        At::Shared(path) => shared(path)?,
    };
    let (recording, _) = recording::open(&path, &Keep::default()).expect("it can be read");
    let source = Source {
        name: name(&path),
        digest: recording::digest(&recording),
    };
    Some(Opened { recording, source })
}

fn name(path: &Path) -> String {
    path.file_name()
        .expect("it has a name")
        .to_string_lossy()
        .into_owned()
}

impl Opened {
    /// The call that plays over it.
    pub fn request(&self) -> Request {
        Request {
            recording: Some(self.source.clone()),
            ..Request::default()
        }
    }
}

impl Fit {
    /// Fits it and draws these parts of the document's body.
    pub fn document(&self, opened: &Opened, parts: &[Part]) -> (Fitted, String) {
        let found = fitted(
            &policy(self.policy),
            &Documents::default(),
            &opened.request(),
            &opened.recording,
        );
        let text = drawn(&found, &opened.source.name, &opened.source.digest[..12], parts);
        (found, text)
    }

    /// The whole document, with where it comes from.
    pub fn shipped(&self, opened: &Opened) -> String {
        let only: String = match self.parts.len() {
            4 => String::new(),
            _ => {
                " --only ".to_owned()
                    + if self.parts == [Part::Latency] {
                        "latency"
                    } else {
                        "traffic"
                    }
            }
        };
        let from = match self.at {
            At::Here(path) => path,
            At::Shared(_) => "RECORDING",
        };
        format!(
            "# {}\n# SHA-256 of its samples: {}\n# coalmine scenario {} --from {from}{only}\n#\n{}",
            self.about,
            opened.source.digest,
            self.policy,
            self.document(opened, self.parts).1
        )
    }
}

/// Draws parts of a fit as a document.
pub fn drawn(found: &Fitted, name: &str, digest: &str, parts: &[Part]) -> String {
    let plan = &found.prepared.plan;
    let (fit, measured) = found.fit.as_ref().expect("there is a policy");
    let told = fit::Fitted {
        fit,
        past: &plan.recorded.as_ref().expect("there is a policy").past,
        measured,
        exposition: &plan.exposition,
        name,
        digest,
    };
    fit::draw(&told, parts)
}

/// Compares a file with what it should hold, or writes it.
pub fn compare(path: &Path, written: &str) {
    if std::env::var_os("COALMINE_BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("it can be made");
        std::fs::write(path, written).expect("it can be written");
        return;
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        held == written,
        "{} is not what the recordings say; COALMINE_BLESS=1 cargo test --test trust writes it anew:\n{written}",
        path.display()
    );
}
