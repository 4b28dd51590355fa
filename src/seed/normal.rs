/// Distribution function of the standard normal.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * core::f64::consts::FRAC_1_SQRT_2)
}

/// Quantile of the standard normal for `p` in (0, 1): Wichura's algorithm AS 241 (PPND16), relative error 1e-16.
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= CENTRAL {
        return central(q);
    }
    outer(p)
}

/// Quantiles of several: the same bits as one by one. Most lie in the middle, whose arithmetic has no branches; the
/// others are gathered first, since nobody can foresee which they are.
#[inline]
pub(super) fn normal_quantiles<const N: usize>(ps: [f64; N]) -> [f64; N] {
    let mut quantiles = ps.map(|p| central(p - 0.5));
    let (mut outside, mut many) = ([0; N], 0);
    for (n, p) in ps.iter().enumerate() {
        outside[many] = n;
        many += usize::from((p - 0.5).abs() > CENTRAL);
    }
    for &n in &outside[..many] {
        quantiles[n] = outer(ps[n]);
    }
    quantiles
}

/// How far from one half the middle reaches.
const CENTRAL: f64 = 0.425;

#[inline]
fn central(q: f64) -> f64 {
    let r = 0.180_625 - q * q;
    q * polynomial(&A, r) / polynomial(&B, r)
}

fn outer(p: f64) -> f64 {
    let q = p - 0.5;
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail));
    let x = if r <= 5.0 {
        polynomial(&C, r - 1.6) / polynomial(&D, r - 1.6)
    } else {
        polynomial(&E, r - 5.0) / polynomial(&F, r - 5.0)
    };
    if q < 0.0 { -x } else { x }
}

/// Horner's rule; the constant term comes first.
#[inline]
fn polynomial(&[a, b, c, d, e, f, g, h]: &[f64; 8], x: f64) -> f64 {
    ((((((h * x + g) * x + f) * x + e) * x + d) * x + c) * x + b) * x + a
}

const A: [f64; 8] = [
    3.387_132_872_796_366_6,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const B: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_66e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_854e3,
];
const C: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const E: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const F: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_quantiles_are_those_of_each() {
        for n in 1..500 {
            let ps = [0.0001, 0.3, 0.5, 1.0].map(|scale| scale * f64::from(n) / 500.0);
            assert_eq!(
                normal_quantiles(ps).map(f64::to_bits),
                ps.map(|p| normal_quantile(p).to_bits())
            );
        }
    }

    #[test]
    fn the_quantile_inverts_the_distribution_function() {
        for n in 1..2000 {
            let p = f64::from(n) / 2000.0;
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 2e-16 + 4e-16 * p);
        }
        for exponent in 4..300 {
            let p = libm::pow(10.0, -f64::from(exponent));
            let back = normal_cdf(normal_quantile(p));
            // erfc amplifies the last digit of its argument by its square.
            assert!((back / p - 1.0).abs() < 1e-12, "{p} came back as {back}");
        }
    }
}
