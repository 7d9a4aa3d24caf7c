"""Templates that come with the product: one ``.flow`` file each, read by ``services.templates``. No code lives here."""
