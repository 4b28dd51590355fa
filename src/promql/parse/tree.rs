use super::functions::function;
use crate::promql::ast::{Expr, ExprKind, Selector, ValueType};

impl Expr {
    /// What the expression gives.
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::Text(_) => ValueType::Text,
            ExprKind::Selector(_) | ExprKind::Aggregate(_) => ValueType::Vector,
            ExprKind::Range(_) | ExprKind::Subquery(_) => ValueType::Matrix,
            ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => inner.value_type(),
            ExprKind::Binary(binary) => {
                let scalars =
                    [&binary.left, &binary.right].map(|side| side.value_type() == ValueType::Scalar);
                if scalars == [true, true] {
                    ValueType::Scalar
                } else {
                    ValueType::Vector
                }
            }
            ExprKind::Call(call) => function(&call.function).map_or(ValueType::Vector, |known| known.gives),
        }
    }

    /// The expressions directly inside this one, in the order written.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Selector(_) | ExprKind::Range(_) => {
                Vec::new()
            }
            ExprKind::Subquery(subquery) => vec![&subquery.expr],
            ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => vec![inner],
            ExprKind::Binary(binary) => vec![&binary.left, &binary.right],
            ExprKind::Aggregate(aggregate) => aggregate
                .parameter
                .iter()
                .map(AsRef::as_ref)
                .chain([&*aggregate.expr])
                .collect(),
            ExprKind::Call(call) => call.arguments.iter().collect(),
        }
    }

    /// The selector of a selector or range selector.
    pub fn selector(&self) -> Option<&Selector> {
        match &self.kind {
            ExprKind::Selector(selector) => Some(selector),
            ExprKind::Range(range) => Some(&range.selector),
            _ => None,
        }
    }

    /// Calls `see` for every selector (also those of ranges), with what it stands in: outermost first, the last one the
    /// selector's own expression.
    pub fn selectors<'a>(&'a self, see: &mut impl FnMut(&'a Selector, &[&'a Expr])) {
        fn walk<'a>(
            expr: &'a Expr,
            path: &mut Vec<&'a Expr>,
            see: &mut impl FnMut(&'a Selector, &[&'a Expr]),
        ) {
            path.push(expr);
            if let Some(selector) = expr.selector() {
                see(selector, path);
            }
            for child in expr.children() {
                walk(child, path, see);
            }
            path.pop();
        }
        walk(self, &mut Vec::new(), see);
    }
}
