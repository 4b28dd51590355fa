//! Figures by name, unit and direction, from outcomes.
