//! Peak hours and quiet ones.

use crate::case::Case;
use crate::story::caught;
use crate::table::{Claim, Word};

pub fn claims(case: &Case) -> Vec<Claim> {
    vec![harmful(case), harmless(case)]
}

fn harmful(case: &Case) -> Claim {
    let worlds = [
        ("peak hours, 2 % errors", 360),
        ("quiet hours, 2 % errors", 40),
        ("dead of night, 2 % errors", 5),
    ];
    let [peak, quiet, _] = worlds.map(|(world, _)| case.harm(world));
    let figures = worlds.map(|(world, rate)| {
        format!(
            "{rate} requests/s: harmed, expected: {}, until the canary gets nothing {}",
            case.harmed(world),
            caught(case, world)
        )
    });
    Claim {
        says: "\"Avoid releases during peak hours\", of a release that does harm",
        does: "right: the gates are as fast at both ends of the day, so harm is as large as the traffic; where hardly \
               anybody comes they are slower, and still fewer are harmed"
            .into(),
        figure: format!("2 % errors; {}", figures.join("; ")),
        trial: case.address("peak hours, 2 % errors", None),
        word: Word::kept(peak.low > quiet.high),
    }
}

fn harmless(case: &Case) -> Claim {
    let worlds = [
        ("peak hours", 360),
        ("quiet hours", 40),
        ("dead of night", 5),
        ("quiet", 2),
        ("very-quiet", 0),
    ];
    let figures: Vec<String> = worlds
        .iter()
        .map(|(world, rate)| {
            let rate = if *rate == 0 {
                "0.5".to_owned()
            } else {
                rate.to_string()
            };
            let back = case.rolled_back(world);
            let errors = case.ended(world, coalmine::simulator::Ending::RolledBackByErrors);
            let of_these = match errors.count {
                0 => String::new(),
                count => format!(", {count} of these by errors"),
            };
            format!("{rate} requests/s: {}{of_these}", back.said())
        })
        .collect();
    let night = case.rolled_back("dead of night");
    Claim {
        says: "the same, of a release that does none",
        does: "the other side of it, and small: the fewer requests a window holds, the more one that fails weighs, and it stays \
               for five looks, where three are enough. A tenth of 5 requests/s still does, since the first failed \
               request of a pod begins its series and is not counted; below that sound releases are taken back, at \
               last for want of anything to read"
            .into(),
        figure: format!("nothing wrong, rolled back at {}", figures.join("; ")),
        trial: case.address("dead of night", night.first),
        word: Word::Open,
    }
}
