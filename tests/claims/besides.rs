//! What a plan says of ways to its canary and back that are no step: shadow traffic, and an abort by hand.

use coalmine::experiment::Request;
use coalmine::simulator::Ending;

use crate::case::Case;
use crate::table::{Claim, Word};

/// The manifests with a Scenario document beside them.
fn beside(traffic: &'static str) -> impl Fn(&str) -> String {
    move |text: &str| {
        if !text.contains("kind: Rollout") {
            return text.to_owned();
        }
        format!("{text}\n---\napiVersion: coalmine/v1\nkind: Scenario\nspec: {{traffic: {{{traffic}}}}}\n")
    }
}

/// Requests mirrored to the canary by the ingress, or made for it, in the first pause alone. `alone` is the case without.
pub fn shadow(name: &str, alone: &Case, count: u64) -> Claim {
    let worlds = ["quiet", "very-quiet", "errors-10"];
    let play = |traffic| Case::play(name, &worlds, count, beside(traffic));
    let copied = play("probes: {copies: 100%, during: pause 1}");
    let made = play("probes: {rate: 20, during: pause 1}");
    // Whoever decides the same at the same moment harms the same, to the last bit.
    for with in [&copied, &made] {
        let mut alike = 0;
        for (one, other) in alone.outcomes("errors-10").iter().zip(with.outcomes("errors-10")) {
            if one.ending == other.ending && one.rolled_back_at == other.rolled_back_at {
                assert_eq!(one.blast_radius, other.blast_radius);
                assert_eq!(one.time_to_detect(), other.time_to_detect());
                alike += 1;
            }
        }
        assert!(alike * 10 >= count * 9, "{alike} of {count}");
    }
    let errors = |case: &Case, world| case.ended(world, Ending::RolledBackByErrors);
    let by_errors = |world| {
        let [without, copied, made] = [alone, &copied, &made].map(|case| errors(case, world).said());
        format!(
            "{without} without, {copied} with every request mirrored, {made} with 20 requests/s made for it"
        )
    };
    let harmed = alone.harmed("errors-10");
    let either = match [&copied, &made].map(|case| case.harmed("errors-10")) {
        [copied, made] if copied == harmed && made == harmed => "the same with either".to_owned(),
        [copied, made] => format!("{copied} and {made}"),
    };
    Claim {
        says: "\"mirror traffic … to `param-kernel-service-canary` during the first pause window for dark launches\"",
        does: "nobody looks before the pause is over, so harm is seen no earlier, and nobody is harmed by it. Mirrored \
               requests are as few as users at quiet hours; traffic made for the canary lets its 5xx series be born, and \
               both analyses find an answer"
            .into(),
        figure: format!(
            "rolled back by errors with nothing wrong, 2 requests/s: {}; 0.5 requests/s: {}; errors 10 %: requests \
             harmed, expected: {harmed}, {either}",
            by_errors("quiet"),
            by_errors("very-quiet"),
        ),
        trial: String::new(),
        word: Word::Kept,
    }
}

/// A person aborts in the second pause, or in the last. `four` makes four replicas of one.
pub fn abort(name: &str, four: fn(&str) -> String, count: u64) -> Claim {
    let abort = |at: &str| {
        let asks = Request {
            operator: Some(format!("aborts at {at}")),
            ..Request::default()
        };
        let one = |text: &str| text.to_owned();
        Case::together([(name, &one), (name, &four)], &["errors-10"], count, asks)
    };
    let told = |[one, four]: &[Case; 2]| {
        for case in [one, four] {
            assert!(case.ended("errors-10", Ending::RolledBackByPerson).is_usual());
        }
        format!(
            "the canary serves nothing after {} with one replica and after {} with four; requests harmed, expected: {}",
            one.restore("errors-10"),
            four.restore("errors-10"),
            one.harmed("errors-10")
        )
    };
    let (second, last) = (abort("12m"), abort("17m"));
    Claim {
        says: "\"Manual abort: `kubectl argo rollouts abort …`\"",
        does: "without a router the canary goes pod by pod, as stable pods take its place: once weight 100 has taken them \
               all away, they have to start first"
            .into(),
        figure: format!(
            "errors 10 %, aborted after 12m (weight 50): {}; after 17m (weight 100): {}",
            told(&second),
            told(&last)
        ),
        trial: format!(
            "{} with `--operator 'aborts at 12m'`",
            second[0].address("errors-10", None)
        ),
        word: Word::Kept,
    }
}
