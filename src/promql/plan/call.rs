use super::expression::{each, plan as planned, scalar, unwrapped, vector};
use super::histogram::{self, Histogram};
use super::labels::without_name;
use super::planner::{Elements, Planned, Planner, Refused, Windows};
use super::program::{Op, Order, Slots, Taken};
use super::{absence, relabel, selector};
use crate::promql::ast::{Bytes, Call, Expr, ExprKind};
use crate::promql::functions::{Elementwise, OverWindow};
use crate::promql::parse::functions::function;
use crate::series::Labels;

/// Plans a call.
pub fn plan(planner: &mut Planner<'_>, at: &Bytes, call: &Call) -> Result<Planned, Refused> {
    let name = call.function.as_str();
    if let Some(function) = OverWindow::named(name) {
        return over_window(planner, at, call, function).map(Planned::Vector);
    }
    if let Some(function) = Elementwise::named(name) {
        return elementwise(planner, at, call, function).map(Planned::Vector);
    }
    match (name, &call.arguments[..]) {
        ("time", []) => Ok(Planned::Scalar(planner.step(Op::Time, 1).start)),
        ("pi", []) => Ok(Planned::Scalar(planner.constant(std::f64::consts::PI))),
        ("vector", [number]) => {
            let slot = scalar(planner, number)?;
            Ok(Planned::Vector(alone(slot, Labels::default())))
        }
        ("scalar", [argument]) => {
            let input = vector(planner, argument)?.slots;
            Ok(Planned::Scalar(planner.step(Op::Single { input }, 1).start))
        }
        ("timestamp", [argument]) => timestamp(planner, argument).map(Planned::Vector),
        ("absent", [argument]) => {
            let input = vector(planner, argument)?.slots;
            let slots = planner.step(Op::Absent { input }, 1);
            Ok(Planned::Vector(alone(slots.start, absence::labels(argument))))
        }
        ("absent_over_time", [argument]) => {
            let windows = windows(planner, argument)?;
            let input = window_step(planner, OverWindow::Present, windows, None).0;
            let slots = planner.step(Op::Absent { input }, 1);
            Ok(Planned::Vector(alone(slots.start, absence::labels(argument))))
        }
        ("sort" | "sort_desc", [argument]) => {
            let elements = vector(planner, argument)?;
            let descending = name == "sort_desc";
            Ok(Planned::Vector(Elements {
                order: Order::Value { descending },
                ..elements
            }))
        }
        ("histogram_quantile", [q, buckets]) => {
            let (q, input) = (scalar(planner, q), vector(planner, buckets));
            let q = q?;
            Ok(Planned::Vector(histogram::plan(
                planner,
                Histogram::Quantile,
                &input?,
                [q, q],
            )))
        }
        ("histogram_fraction", [lower, upper, buckets]) => {
            let (lower, upper) = (scalar(planner, lower), scalar(planner, upper));
            let input = vector(planner, buckets);
            let parameters = [lower?, upper?];
            Ok(Planned::Vector(histogram::plan(
                planner,
                Histogram::Fraction,
                &input?,
                parameters,
            )))
        }
        // Of native histograms only; every series here is one of floats, for which there is no answer.
        (
            "histogram_count" | "histogram_sum" | "histogram_avg" | "histogram_stddev" | "histogram_stdvar",
            [argument],
        ) => {
            vector(planner, argument)?;
            Ok(Planned::Vector(Elements {
                slots: Slots { start: 0, len: 0 },
                labels: Vec::new(),
                order: Order::Labels,
            }))
        }
        ("label_replace", [input, texts @ ..]) => {
            relabel::replace(planner, input, texts).map(Planned::Vector)
        }
        ("label_join", [input, texts @ ..]) => relabel::join(planner, input, texts).map(Planned::Vector),
        _ => Err(unknown(planner, call)),
    }
}

/// Prometheus may have the function all the same.
fn unknown(planner: &mut Planner<'_>, call: &Call) -> Refused {
    let name = &call.function;
    if function(name).is_some() {
        let message = format!("the function `{name}` is not supported");
        return planner.unsupported(&call.name_at, message, None);
    }
    planner.invalid(&call.name_at, format!("there is no function `{name}`"))
}

fn alone(slot: usize, labels: Labels) -> Elements {
    Elements {
        slots: Slots { start: slot, len: 1 },
        labels: vec![labels],
        order: Order::Labels,
    }
}

fn windows(planner: &mut Planner<'_>, argument: &Expr) -> Result<Windows, Refused> {
    match planned(planner, argument)? {
        Planned::Matrix(windows) => Ok(windows),
        _ => Err(planner.invalid(&argument.at, "expected a range vector here, such as `x[5m]`")),
    }
}

fn over_window(
    planner: &mut Planner<'_>,
    at: &Bytes,
    call: &Call,
    function: OverWindow,
) -> Result<Elements, Refused> {
    let (matrix, parameter) = match (function, &call.arguments[..]) {
        (OverWindow::Quantile, [q, matrix]) => (matrix, Some(q)),
        (OverWindow::PredictLinear, [matrix, ahead]) => (matrix, Some(ahead)),
        (OverWindow::Quantile | OverWindow::PredictLinear, _) => {
            let message = format!("`{}` takes two arguments", call.function);
            return Err(planner.invalid(at, message));
        }
        (_, [matrix]) => (matrix, None),
        _ => {
            let message = format!("`{}` takes one argument", call.function);
            return Err(planner.invalid(at, message));
        }
    };
    let parameter = parameter.map(|parameter| scalar(planner, parameter)).transpose();
    let windows = windows(planner, matrix);
    let parameter = parameter?;
    let (slots, labels) = window_step(planner, function, windows?, parameter);
    if function.keeps_name() {
        return Ok(planner.elements(slots, labels));
    }
    let labels = labels.iter().map(without_name).collect();
    Ok(planner.elements(slots, labels))
}

fn window_step(
    planner: &mut Planner<'_>,
    function: OverWindow,
    windows: Windows,
    parameter: Option<usize>,
) -> (Slots, Vec<Labels>) {
    let op = Op::Window {
        function,
        over: windows.over,
        range: windows.range,
        shift: windows.shift,
        parameter,
    };
    (planner.step(op, windows.labels.len()), windows.labels)
}

fn elementwise(
    planner: &mut Planner<'_>,
    at: &Bytes,
    call: &Call,
    function: Elementwise,
) -> Result<Elements, Refused> {
    if let (Elementwise::Calendar(_), []) = (function, &call.arguments[..]) {
        let now = alone(planner.step(Op::Time, 1).start, Labels::default());
        return Ok(each(planner, function, &now, [now.slots.start; 2]));
    }
    let (least, most) = function.parameters();
    let [input, parameters @ ..] = &call.arguments[..] else {
        let message = format!("`{}` needs an instant vector", call.function);
        return Err(planner.invalid(at, message));
    };
    if parameters.len() < least || parameters.len() > most {
        let message = format!("`{}` has a wrong number of arguments", call.function);
        return Err(planner.invalid(at, message));
    }
    let input = vector(planner, input);
    // `round` is to whole numbers unless told otherwise; the others have all parameters they look at.
    let mut slots = [planner.constant(1.0); 2];
    for (slot, parameter) in slots.iter_mut().zip(parameters) {
        *slot = scalar(planner, parameter)?;
    }
    Ok(each(planner, function, &input?, slots))
}

/// The time of each element's sample; of what is computed, the moment of evaluation.
fn timestamp(planner: &mut Planner<'_>, argument: &Expr) -> Result<Elements, Refused> {
    let argument = unwrapped(argument);
    if let ExprKind::Selector(selector) = &argument.kind {
        return selector::instant(planner, &argument.at, selector, Taken::Timestamp);
    }
    let elements = vector(planner, argument)?;
    let op = Op::TimeOfEach {
        input: elements.slots,
    };
    let slots = planner.step(op, elements.labels.len());
    let labels = elements.labels.iter().map(without_name).collect();
    Ok(planner.elements(slots, labels))
}
