//! Query text to [`super::ast::Expr`].
