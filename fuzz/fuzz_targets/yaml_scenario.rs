//! A `Scenario` document laid over the standard world; what is said of it points into it.
#![no_main]

use coalmine::diagnostic::Documents;
use coalmine::scenario::{Limits, document, standard};
use coalmine::yaml::{self, Content};
use coalmine_fuzz::modestly;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| modestly(text.as_bytes(), || {
    let mut documents = Documents::default();
    let file = documents.add("scenario.yaml", text);
    for part in yaml::read(&documents, file) {
        let Content::Tree(node) = part.content else {
            continue;
        };
        let (_, findings) = document::read(&node, &standard(&Limits::default()));
        for label in findings.iter().flat_map(|finding| &finding.labels) {
            let _ = (documents.text(label.span), documents.line(label.span));
        }
    }
}));
