//! Types of calls (expr `checker/checker.go: builtinNode`, `builtin/validation.go`).

use std::ops::Range;

use super::ConditionError;
use super::builtin::{Builtin, Shape};
use super::compile::{Compiler, Scope};
use super::fold;
use super::release::Dialect;
use super::tree::{Node, NodeKind};
use super::types::Type;

type Called = Result<(NodeKind, Type), ConditionError>;

impl Compiler {
    pub(super) fn call(&mut self, builtin: Builtin, arguments: &[Node], at: Range<usize>) -> Called {
        match builtin.shape() {
            Shape::Plain => self.plain(builtin, arguments, at),
            _ => self.over_list(builtin, arguments),
        }
    }

    fn over_list(&mut self, builtin: Builtin, arguments: &[Node]) -> Called {
        let name = builtin.name();
        let (first, list) = self.node(&arguments[0])?;
        if list.element().is_none() && !list.is_unknown() {
            let message = format!("builtin {name} takes only array (got {list})");
            return Err(ConditionError::other(first.at, message));
        }
        let mut compiled = vec![first];
        let mut said = None;
        if let Some(predicate) = arguments.get(1) {
            self.scopes.push(Scope {
                list: list.clone(),
                index: matches!(builtin, Builtin::Map | Builtin::Reduce),
                accumulator: builtin == Builtin::Reduce,
            });
            let inside = self.node(predicate);
            self.scopes.pop();
            let (predicate, of) = inside?;
            let wrong = |message: String| Err(ConditionError::other(predicate.at.clone(), message));
            if of == Type::Nil {
                return wrong("predicate should has one input and one output param".into());
            }
            if builtin.wants_bool() && !of.is_bool() && !of.is_unknown() {
                return wrong(format!("predicate should return boolean (got {of})"));
            }
            compiled.push(predicate);
            said = Some(of);
        }
        if let Some(start) = arguments.get(2) {
            compiled.push(self.node(start)?.0);
        }
        let element = list.element().cloned();
        let of = match (builtin, said) {
            (Builtin::Filter, _) => Type::list(element.unwrap_or(Type::Any)),
            (Builtin::Map, Some(said)) => Type::list(said),
            (Builtin::Count | Builtin::FindIndex, _) => Type::Int,
            (Builtin::Sum | Builtin::Reduce, Some(said)) => said,
            (Builtin::Sum | Builtin::Find, _) => element.unwrap_or(Type::Unknown),
            _ => Type::Bool,
        };
        Ok((NodeKind::Call(builtin, compiled), of))
    }

    fn plain(&mut self, builtin: Builtin, arguments: &[Node], at: Range<usize>) -> Called {
        let name = builtin.name();
        let mut compiled = Vec::new();
        let mut types = Vec::new();
        for argument in arguments {
            let (argument, of) = self.node(argument)?;
            compiled.push(argument);
            types.push(of);
        }
        let wrong = |message: String| Err(ConditionError::other(at.clone(), message));
        let (least, most) = arity(builtin, self.dialect);
        if types.len() < least || types.len() > most {
            return wrong(format!(
                "wrong number of arguments to call {name} ({})",
                types.len()
            ));
        }
        let Some(of) = self.called(builtin, &types) else {
            let of = types.first().map_or_else(String::new, ToString::to_string);
            let error = match builtin {
                Builtin::IsNaN | Builtin::IsInf => ConditionError::other(
                    at,
                    format!("cannot use {of} as argument (type float64) to call {name}"),
                )
                .help("it takes one number: isNaN(result[0])"),
                Builtin::Max | Builtin::Min if self.dialect < Dialect::V1_17 => ConditionError::other(
                    at,
                    format!("invalid argument for {name} (type {of})"),
                )
                .help(match builtin {
                    Builtin::Max => {
                        "max of a list works from Argo Rollouts 1.10 on; write \"any(result, # > x)\" or \"all(result, # < x)\", in quotes"
                    }
                    _ => {
                        "min of a list works from Argo Rollouts 1.10 on; write \"any(result, # < x)\" or \"all(result, # > x)\", in quotes"
                    }
                }),
                _ => ConditionError::other(at, format!("invalid argument for {name} (type {of})")),
            };
            return Err(error);
        };
        // Integer literals become floats before anything is folded: `isNaN(1 + 1)` works, `isNaN(1 % 2)` fails.
        if matches!(builtin, Builtin::IsNaN | Builtin::IsInf) && types[0].is_integer() {
            compiled = vec![self.node(&fold::floats(arguments[0].clone()))?.0];
        }
        Ok((NodeKind::Call(builtin, compiled), of))
    }

    /// The type of a call whose number of arguments is right; `None` if their types are not.
    fn called(&self, builtin: Builtin, types: &[Type]) -> Option<Type> {
        let first = types.first()?;
        let number = first.is_number();
        let list = first.element().is_some();
        let unknown = first.is_unknown();
        let fits = |fits: bool, of: Type| fits.then_some(of);
        match builtin {
            Builtin::AsInt => Some(Type::Int64),
            Builtin::AsFloat => Some(Type::Float),
            Builtin::IsNaN | Builtin::IsInf => fits(number || unknown, Type::Bool),
            Builtin::IsNil => Some(Type::Bool),
            Builtin::Default => Some(Type::Any),
            Builtin::Len => fits(
                list || first.is_text() || *first == Type::Map || unknown,
                Type::Int,
            ),
            Builtin::Type | Builtin::String => Some(Type::Text),
            Builtin::Abs => fits(number || unknown, if unknown { Type::Any } else { first.clone() }),
            Builtin::Ceil | Builtin::Floor | Builtin::Round => fits(number || unknown, Type::Float),
            Builtin::Int => fits(number || first.is_text() || unknown, Type::Int),
            Builtin::Float => fits(number || first.is_text() || unknown, Type::Float),
            Builtin::Max | Builtin::Min if self.dialect < Dialect::V1_17 => {
                let fits = types.iter().all(|of| of.is_number() || of.is_unknown());
                fits.then(|| {
                    if types.len() == 1 {
                        first.clone()
                    } else {
                        Type::Any
                    }
                })
            }
            Builtin::Mean | Builtin::Median if self.dialect < Dialect::V1_17 => {
                fits(list || unknown, Type::Float)
            }
            Builtin::Max | Builtin::Min | Builtin::Mean | Builtin::Median => {
                for of in types {
                    if of.is_unknown() || of.element().is_some() {
                        return Some(Type::Any);
                    }
                    if !of.is_number() {
                        return None;
                    }
                }
                Some(first.clone())
            }
            Builtin::First | Builtin::Last => match first.element() {
                Some(element) => Some(element.clone()),
                None => fits(unknown, Type::Any),
            },
            Builtin::Take => {
                let count = types.get(1)?;
                fits(
                    (list || unknown) && (count.is_integer() || count.is_unknown()),
                    first.clone(),
                )
            }
            Builtin::Get => {
                let index = types.get(1)?;
                match first {
                    _ if unknown => Some(Type::Unknown),
                    Type::List(_, element) => {
                        fits(index.is_integer() || index.is_unknown(), (**element).clone())
                    }
                    Type::Map => fits(index.is_text() || index.is_unknown(), Type::Any),
                    _ => None,
                }
            }
            Builtin::Reverse | Builtin::Uniq => fits(list || unknown, Type::list(Type::Any)),
            Builtin::Concat => {
                let lists = types.iter().all(|of| of.element().is_some() || of.is_unknown());
                fits(lists, Type::list(Type::Any))
            }
            Builtin::Trim | Builtin::Upper | Builtin::Lower | Builtin::HasPrefix | Builtin::HasSuffix => {
                let texts = types.iter().all(|of| of.is_text() || of.is_unknown());
                let asks = matches!(builtin, Builtin::HasPrefix | Builtin::HasSuffix);
                fits(texts, if asks { Type::Bool } else { Type::Text })
            }
            Builtin::Keys | Builtin::Values => fits(*first == Type::Map || unknown, Type::list(Type::Any)),
            Builtin::ToJson => Some(Type::Text),
            Builtin::Sort => {
                let order = types
                    .get(1)
                    .is_none_or(|order| order.is_text() || order.is_unknown());
                fits((list || unknown) && order, Type::list(Type::Any))
            }
            _ => None,
        }
    }
}

/// How many arguments a plain function takes, at least and at most.
fn arity(builtin: Builtin, dialect: Dialect) -> (usize, usize) {
    match builtin {
        Builtin::Mean | Builtin::Median if dialect < Dialect::V1_17 => (1, 1),
        Builtin::Default | Builtin::Take | Builtin::Get => (2, 2),
        Builtin::Max | Builtin::Min | Builtin::Mean | Builtin::Median | Builtin::Concat => (1, usize::MAX),
        Builtin::HasPrefix | Builtin::HasSuffix => (2, 2),
        Builtin::Sort | Builtin::Trim => (1, 2),
        _ => (1, 1),
    }
}
