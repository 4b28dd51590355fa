/// How many of `times` (ascending) are not later than `moment`.
///
/// `cursor` is a guess, the last answer; any guess gives the right answer, a near one gives it in a few steps.
#[inline]
pub fn seek(times: &[i64], cursor: &mut usize, moment: i64) -> usize {
    let guess = (*cursor).min(times.len());
    let found = if guess > 0 && times[guess - 1] > moment {
        backward(&times[..guess - 1], moment)
    } else {
        guess + forward(&times[guess..], moment)
    };
    *cursor = found;
    found
}

/// Steps that double, then a binary search between the last two.
#[inline]
fn forward(times: &[i64], moment: i64) -> usize {
    let mut low = 0;
    let mut step = 1;
    while let Some(&time) = times.get(low + step - 1) {
        if time > moment {
            break;
        }
        low += step;
        step *= 2;
    }
    let high = (low + step - 1).min(times.len());
    low + times[low..high].partition_point(|&time| time <= moment)
}

fn backward(times: &[i64], moment: i64) -> usize {
    let mut high = times.len();
    let mut step = 1;
    while step <= high {
        if times[high - step] <= moment {
            let low = high - step;
            return low + times[low..high].partition_point(|&time| time <= moment);
        }
        high -= step;
        step *= 2;
    }
    times[..high].partition_point(|&time| time <= moment)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::seek;

    proptest! {
        #[test]
        fn any_guess_finds_the_place(
            mut times in prop::collection::vec(-50i64..50, 0..40),
            guess in 0usize..60,
            moment in -60i64..60,
        ) {
            times.sort_unstable();
            times.dedup();
            let mut cursor = guess;
            let expected = times.iter().filter(|&&time| time <= moment).count();
            prop_assert_eq!(seek(&times, &mut cursor, moment), expected);
            prop_assert_eq!(cursor, expected);
        }
    }
}
