"""From files of past rides to a fitted, evaluated and registered model version."""
