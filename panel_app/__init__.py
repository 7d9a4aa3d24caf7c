"""The dashboard: what people see of the service in a browser. Sign-in and the editor's page are plain HTML; the rest is
Panel, in the same process and on the same port as the API. It knows the service through ``workflow_kernel.app`` alone.
"""
