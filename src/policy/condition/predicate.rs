//! Functions that ask a predicate of each element of a list.

use std::ops::Range;

use super::ConditionError;
use super::builtin::Builtin;
use super::evaluate::{Got, Place, Run, Scope, fail};
use super::tree::Node;
use super::value::Value;

impl<'a> Run<'a> {
    pub(super) fn over_list(
        &self,
        builtin: Builtin,
        arguments: &[Node],
        place: Place<'_, 'a>,
        at: &Range<usize>,
    ) -> Got<'a> {
        let list = self.value(&arguments[0], place)?;
        let Some(length) = list.list_len() else {
            return fail(
                at,
                format!(
                    "invalid argument for {} (type {})",
                    builtin.name(),
                    list.type_name()
                ),
            );
        };
        let predicate = arguments.get(1);
        let mut walk = Walk {
            run: self,
            list: &list,
            place,
            scope: Scope {
                element: Value::Nil,
                index: 0,
                accumulator: Value::Int(0),
            },
        };
        match builtin {
            Builtin::All | Builtin::None | Builtin::Any => {
                let stops_at = builtin != Builtin::All;
                for n in 0..length {
                    if walk.holds(predicate, n)? == stops_at {
                        return Ok(Value::Bool(builtin == Builtin::Any));
                    }
                }
                Ok(Value::Bool(builtin != Builtin::Any))
            }
            Builtin::One | Builtin::Count => {
                let mut count = 0;
                for n in 0..length {
                    count += i64::from(walk.holds(predicate, n)?);
                }
                Ok(if builtin == Builtin::One {
                    Value::Bool(count == 1)
                } else {
                    Value::Int(count)
                })
            }
            Builtin::Filter | Builtin::Map => {
                self.spend(length, at)?;
                let mut kept = Vec::new();
                for n in 0..length {
                    if builtin == Builtin::Map {
                        kept.push(walk.value(predicate, n)?);
                    } else if walk.holds(predicate, n)? {
                        kept.push(walk.scope.element.clone());
                    }
                }
                Ok(Value::List(kept.into()))
            }
            Builtin::Find | Builtin::FindIndex => {
                for n in 0..length {
                    if walk.holds(predicate, n)? {
                        return Ok(walk.found(builtin == Builtin::Find, n));
                    }
                }
                Ok(Value::Nil)
            }
            Builtin::Sum => {
                let mut sum = Value::Int(0);
                for n in 0..length {
                    let value = walk.value(predicate, n)?;
                    match value.add(&sum) {
                        Some(more) => sum = more,
                        None => {
                            return fail(
                                at,
                                format!("invalid operation: {} + {}", value.type_name(), sum.type_name()),
                            );
                        }
                    }
                }
                Ok(sum)
            }
            _ => {
                let mut start = 0;
                walk.scope.accumulator = match (arguments.get(2), list.element(0)) {
                    (Some(given), _) => self.value(given, place)?,
                    (None, Some(element)) => {
                        start = 1;
                        element
                    }
                    (None, None) => return fail(at, "reduce of empty array with no initial value"),
                };
                for n in start..length {
                    walk.scope.accumulator = walk.value(predicate, n)?;
                }
                Ok(walk.scope.accumulator)
            }
        }
    }
}

/// A predicate going over a list.
struct Walk<'w, 'p, 'a> {
    run: &'w Run<'a>,
    list: &'w Value<'a>,
    place: Place<'p, 'a>,
    scope: Scope<'a>,
}

impl<'a> Walk<'_, '_, 'a> {
    /// What the predicate says of element `n`; without one, the element itself.
    fn value(&mut self, predicate: Option<&Node>, n: usize) -> Got<'a> {
        self.scope.element = self.list.element(n).unwrap_or(Value::Nil);
        self.scope.index = n;
        let Some(predicate) = predicate else {
            return Ok(self.scope.element.clone());
        };
        self.run.value(predicate, self.place.within(&self.scope))
    }

    fn holds(&mut self, predicate: Option<&Node>, n: usize) -> Result<bool, Box<ConditionError>> {
        match self.value(predicate, n)? {
            Value::Bool(holds) => Ok(holds),
            other => {
                let at = predicate.map_or(0..0, |predicate| predicate.at.clone());
                let message = format!(
                    "interface conversion: interface {{}} is {}, not bool",
                    other.type_name()
                );
                Err(Box::new(ConditionError::other(at, message)))
            }
        }
    }

    fn found(&self, element: bool, n: usize) -> Value<'a> {
        if element {
            self.scope.element.clone()
        } else {
            Value::Int(n as i64)
        }
    }
}
