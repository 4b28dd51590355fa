//! The text of a query; what was read is written and reads the same again.
#![no_main]

use coalmine::promql::parse;
use coalmine_fuzz::modestly;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match modestly(text.as_bytes(), || parse(text)) {
    Ok(query) => {
        let written = query.to_string();
        match parse(&written) {
            // It writes `Inf ^ 2` as `+Inf ^ 2`, and that as `++Inf ^ 2`.
            Ok(again) => assert_eq!(again.to_string().replace('+', ""), written.replace('+', "")),
            // Prometheus reads `x[0.0001]`, writes `x[0s]`, and does not read that either.
            Err(error) => assert!(
                error.message.contains("greater than 0") && written.contains("0s"),
                "{written}: {error:?}"
            ),
        }
    }
    // What is said of a query points into it.
    Err(error) => assert!(text.get(error.at.start..error.at.end).is_some()),
});
