//! A file of policies.
#![no_main]

use coalmine::diagnostic::Documents;
use coalmine_fuzz::modestly;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| modestly(text.as_bytes(), || {
    let mut documents = Documents::default();
    documents.add("policy.yaml", text);
    let loaded = coalmine::policy::load(&documents, &Documents::default());
    for label in loaded.findings.iter().flat_map(|finding| &finding.labels) {
        let _ = (documents.text(label.span), documents.line(label.span));
    }
}));
