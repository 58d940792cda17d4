"""What assistants get over the Model Context Protocol: tools, resources and prompts, made of the operations that are
there for everybody."""
