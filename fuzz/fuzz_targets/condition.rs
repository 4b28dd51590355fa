//! A condition of Argo Rollouts on every kind of answer; what is said of it points into it.
#![no_main]

use coalmine::policy::condition::{Answer, Condition};
use coalmine_fuzz::modestly;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| modestly(text.as_bytes(), || {
    let condition = Condition::new(text);
    let json = serde_json::json!({"a": [1, 2.5, "x", null, {"b": true}], "code": "200", "": {}});
    let list = serde_json::json!([3, "x", [1], null]);
    for answer in [
        Answer::Scalar(0.5),
        Answer::Scalar(f64::NAN),
        Answer::Vector(&[]),
        Answer::Vector(&[0.5, -1.0, f64::INFINITY]),
        Answer::Nil,
        Answer::Json(&json),
        Answer::Json(&list),
    ] {
        for error in [
            condition.evaluate(&answer).err(),
            condition.check(answer.kind()).err(),
        ]
        .into_iter()
        .flatten()
        {
            assert!(text.get(error.at.clone()).is_some(), "{:?} of {text:?}", error.at);
        }
    }
    for (index, threshold) in condition.thresholds().iter().enumerate() {
        let _ = threshold.limit();
        let changed = condition.with_threshold(index, 0.25);
        assert!(Condition::parse(changed.text()).is_ok(), "{}", changed.text());
    }
}));
