"""Discord's side of appeals: the notice to the member, the appeal form, the appeal's card."""
