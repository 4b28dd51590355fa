//! The text of a query; what was read is written and means the same again.
#![no_main]

use coalmine::promql::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match parse(text) {
    Ok(query) => {
        let written = query.to_string();
        let again = parse(&written).expect("what was written can be read");
        assert_eq!(again.to_string(), written);
    }
    // What is said of a query points into it.
    Err(error) => assert!(text.get(error.at.start..error.at.end).is_some()),
});
