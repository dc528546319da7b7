"""What a person sees. Every screen is a function from frozen data to text; nothing here decides anything."""
